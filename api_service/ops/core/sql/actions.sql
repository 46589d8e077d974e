-- Who did what by hand.

-- name: record
INSERT INTO operator_actions (id, operator, action, target, matched, changed, reason)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7);

-- name: list
-- A page, the newest first, narrowed by whatever is given.
SELECT id, at, operator, action, target, matched, changed, reason
  FROM operator_actions
 WHERE ($1::text IS NULL OR operator = $1)
   AND ($2::text IS NULL OR action = $2)
   AND ($3::timestamptz IS NULL OR at >= $3)
   AND ($4::timestamptz IS NULL OR at < $4)
   AND ($5::uuid IS NULL OR id < $5)
 ORDER BY id DESC
 LIMIT $6;
