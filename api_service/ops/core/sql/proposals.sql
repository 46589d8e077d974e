-- Addresses with open delivery reports that say that mail does not reach them, or is not wanted, and that are not
-- suppressed.

-- name: list
-- A page, the latest report first. An address is known by the id ($1: the last one of the page before) of its latest report.
-- At most $3 reports are looked at, since the addresses of most are suppressed already; `edge_id` is the last of them where
-- there are more: from there the list goes on. One row comes back where nothing is proposed, without an id.
WITH candidates AS MATERIALIZED (
    SELECT id, address, event, status, reported_at
      FROM delivery_reports
     WHERE address IS NOT NULL AND settled_at IS NULL
       AND (event = 'complained' OR event = 'returned' AND is_permanent)
       AND id < $1
     ORDER BY id DESC
     LIMIT $3::bigint
)
SELECT edge.edge_id, proposed.*
  FROM (SELECT (SELECT id FROM candidates ORDER BY id DESC OFFSET $3::bigint - 1) AS edge_id) AS edge
  LEFT JOIN LATERAL (
        SELECT id, address, event, status, reports, reported_at AS last_at
          FROM candidates
         CROSS JOIN LATERAL (
            SELECT count(*)::int AS reports, bool_or(later.id > candidates.id) AS has_later
              FROM delivery_reports later
             WHERE later.address = candidates.address AND later.settled_at IS NULL
               AND (later.event = 'complained' OR later.event = 'returned' AND later.is_permanent)
          ) AS theirs
         WHERE NOT EXISTS (
            SELECT
              FROM suppressions s
             WHERE s.address IN (candidates.address, erased_form(candidates.address, (SELECT key FROM erasure_key)))
         )
           AND NOT has_later
         ORDER BY id DESC
         LIMIT $2::bigint
       ) AS proposed ON true
 ORDER BY id DESC
 LIMIT $2::bigint;

-- name: one
-- The proposal that a report ($1) belongs to; no row if an operator has decided meanwhile.
SELECT r.address, r.event, r.status
  FROM delivery_reports r
 WHERE r.id = $1 AND r.address IS NOT NULL AND r.settled_at IS NULL
   AND (r.event = 'complained' OR r.event = 'returned' AND r.is_permanent)
   AND NOT EXISTS (
        SELECT FROM suppressions s WHERE s.address IN (r.address, erased_form(r.address, (SELECT key FROM erasure_key)))
   );

-- name: settle
-- The reports about an address ($1) up to the one that the operator has seen ($2): a later one proposes it again.
UPDATE delivery_reports SET settled_at = now() WHERE address = $1 AND id <= $2 AND settled_at IS NULL RETURNING id;
