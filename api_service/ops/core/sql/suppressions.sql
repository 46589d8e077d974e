-- Addresses that mail does not reach; the claim reads the same table (shared/jobs/sql/claiming.sql).

-- name: list
-- A page, the newest first, narrowed by whatever is given.
SELECT id, address, reason, created_by, created_at
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
RETURNING id, address, reason, created_by, created_at, s.id = $1 AS added;

-- name: remove
DELETE FROM suppressions WHERE address = $1 RETURNING id;
