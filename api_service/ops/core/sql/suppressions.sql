-- Addresses that mail does not reach; the claim reads the same table (shared/jobs/sql/claiming.sql).

-- name: list
-- A page, the newest first, filtered by the given values.
SELECT id, address, reason, created_by AS by, created_at AS since
  FROM suppressions
 WHERE ($1::text IS NULL OR address = $1)
   AND ($2::text IS NULL OR reason ILIKE '%' || $2 || '%')
   AND ($3::uuid IS NULL OR id < $3)
 ORDER BY id DESC
 LIMIT $4;

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
DELETE FROM suppressions WHERE address = $1 RETURNING id;

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
