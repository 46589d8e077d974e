-- Addresses with open delivery reports that say that mail does not reach them, or is not wanted, and that are not
-- suppressed.

-- name: list
-- A page, the latest report first. An address is known by the id ($1: the last one of the page before) of its latest
-- report.
SELECT id, address, event, status, reports, last_at
  FROM (
    SELECT DISTINCT ON (r.address) r.id, r.address, r.event, r.status, r.reported_at AS last_at,
           count(*) OVER (PARTITION BY r.address)::int AS reports
      FROM delivery_reports r
     WHERE r.address IS NOT NULL AND r.settled_at IS NULL
       AND (r.event = 'complained' OR r.event = 'returned' AND r.is_permanent)
       AND NOT EXISTS (SELECT FROM suppressions s WHERE s.address = r.address)
     ORDER BY r.address, r.id DESC
  ) AS proposed
 WHERE $1::uuid IS NULL OR id < $1
 ORDER BY id DESC
 LIMIT $2;

-- name: one
-- The proposal that a report ($1) belongs to; no row if an operator has decided meanwhile.
SELECT r.address, r.event, r.status
  FROM delivery_reports r
 WHERE r.id = $1 AND r.address IS NOT NULL AND r.settled_at IS NULL
   AND (r.event = 'complained' OR r.event = 'returned' AND r.is_permanent)
   AND NOT EXISTS (SELECT FROM suppressions s WHERE s.address = r.address);

-- name: settle
-- The reports about an address ($1) up to the one that the operator has seen ($2): a later one proposes it again.
UPDATE delivery_reports SET settled_at = now() WHERE address = $1 AND id <= $2 AND settled_at IS NULL RETURNING id;
