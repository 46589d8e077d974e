-- Addresses that mail does not reach; the claim reads the same table (shared/jobs/sql/claiming.sql). The address of an erased
-- person is kept as a hash (migration 0056).

-- name: list
-- A page, the newest first, narrowed by a part of the reason ($1). At most $4 are looked at; `edge_id` is the last of them
-- where there are more: from there the list goes on. One row comes back where nothing matches, without an id.
WITH candidates AS MATERIALIZED (
    SELECT id, address, reason, created_by AS by, created_at AS since
      FROM suppressions
     WHERE id < $2
     ORDER BY id DESC
     LIMIT $4::bigint
)
SELECT edge.edge_id, found.*
  FROM (SELECT (SELECT id FROM candidates ORDER BY id DESC OFFSET $4::bigint - 1) AS edge_id) AS edge
  LEFT JOIN LATERAL (
        SELECT * FROM candidates WHERE $1::text IS NULL OR reason ILIKE '%' || $1 || '%' ORDER BY id DESC LIMIT $3::bigint
       ) AS found ON true
 ORDER BY id DESC
 LIMIT $3::bigint;

-- name: of_address
SELECT id, address, reason, created_by AS by, created_at AS since
  FROM suppressions
 WHERE address IN ($1, erased_form($1, (SELECT key FROM erasure_key))) AND ($2::text IS NULL OR reason ILIKE '%' || $2 || '%') AND id < $3;

-- name: put
-- `added`: it was not there before.
INSERT INTO suppressions AS s (id, address, reason, created_by)
VALUES ($1, $2, $3, $4)
ON CONFLICT (address) DO UPDATE SET reason = excluded.reason
RETURNING id, address, reason, created_by AS by, created_at AS since, s.id = $1 AS added;

-- name: remove
-- Its returned mails count no more: else the next one would suppress it at once.
WITH settled AS (
    UPDATE delivery_reports SET settled_at = now() WHERE address = $1 AND settled_at IS NULL
)
DELETE FROM suppressions WHERE address IN ($1, erased_form($1, (SELECT key FROM erasure_key))) RETURNING id;

-- name: skipped
-- Jobs that were skipped because of these addresses ($1), found by their clients and appointments. $2: a spelling of
-- each in small letters; an address that has several stands there several times.
SELECT wanted.address, count(j.id)::int AS jobs
  FROM unnest($1::text[], $2::text[]) AS wanted (address, spelling)
  JOIN clients c ON lower(c.email) = wanted.spelling
  JOIN LATERAL (SELECT id FROM appointments WHERE client_id = c.id ORDER BY starts_at DESC, id DESC LIMIT 200) AS a ON true
  JOIN jobs j ON j.appointment_id = a.id AND j.state = 'skipped' AND j.reason = 'address suppressed'
 GROUP BY wanted.address;

-- name: address_of
SELECT address FROM suppressions WHERE id = $1;
