-- The reads of the live stream. Time order is not commit order; `xact` and pg_current_snapshot() tell what may still
-- commit (docs/decisions/0008-streams-resume-in-commit-order.md).

-- name: pages
-- The next page of many streams, in one statement: one row each with the unread count, and at most $4 notifications
-- beyond (xact, id), in that order; xact null: rows of the oldest running transaction and of later ones.
-- settled: no transaction that could still write before it runs any more.
SELECT query.place, horizon.xmin AS horizon, unread.n AS unread,
       found.id, found.kind, found.title, found.body, found.appointment_id, found.created_at, found.read_at,
       found.xact, found.xact < horizon.xmin AS settled
  FROM unnest($1::text[], $2::xid8[], $3::uuid[]) WITH ORDINALITY AS query (client_id, xact, id, place)
 CROSS JOIN (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS horizon
 CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM in_app_notifications WHERE client_id = query.client_id AND read_at IS NULL
 ) AS unread
  LEFT JOIN LATERAL (
    SELECT *
      FROM in_app_notifications n
     WHERE n.client_id = query.client_id
       AND (n.xact, n.id) > (coalesce(query.xact, horizon.xmin), query.id)
       -- of another life of this database (a restored dump): older than all of this one's
       AND n.xact < pg_snapshot_xmax(pg_current_snapshot())
     ORDER BY n.xact, n.id
     LIMIT $4
 ) AS found ON true
 ORDER BY query.place, found.xact, found.id;

-- name: hold_client
-- Waits for an erasure under way, and makes one wait that comes now (ops/core/sql/erasing.sql). No row: no such client yet.
SELECT FROM clients WHERE id = $1 FOR KEY SHARE;

-- name: open_session
-- Not for an erased client. Some that have expired go with each new one.
WITH expired AS (
    DELETE FROM stream_sessions
     WHERE id_hash IN (
        SELECT id_hash FROM stream_sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED
     )
)
INSERT INTO stream_sessions (id_hash, client_id, expires_at)
SELECT $1, $2, $3
 WHERE NOT EXISTS (SELECT FROM erased_clients WHERE form = erased_form($2, (SELECT key FROM erasure_key)))
RETURNING id_hash;

-- name: find_session
SELECT client_id, expires_at FROM stream_sessions WHERE id_hash = $1 AND expires_at > now();

-- name: close_session
DELETE FROM stream_sessions WHERE id_hash = $1 AND client_id = $2;
