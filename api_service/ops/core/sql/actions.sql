-- The actions of operators.

-- name: record
INSERT INTO operator_actions (id, operator, action, target, matched, changed, reason)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7);

-- name: list
-- A page, the newest first, filtered by the given values.
SELECT id, at, operator, action, target, matched, changed, reason
  FROM operator_actions
 WHERE ($1::text IS NULL OR operator = $1)
   AND ($2::text IS NULL OR action = $2)
   AND ($3::timestamptz IS NULL OR at >= $3)
   AND ($4::timestamptz IS NULL OR at < $4)
   AND ($5::uuid IS NULL OR id < $5)
 ORDER BY id DESC
 LIMIT $6;

-- name: last_requeues
-- The newest requeue of each cause or kind, among the last 500 requeues of many.
SELECT DISTINCT ON (error_group, kind) error_group, kind, at, operator, changed
  FROM (
    SELECT id, at, operator, changed, target->'filter'->>'errorGroup' AS error_group, target->'filter'->>'kind' AS kind
      FROM operator_actions
     WHERE action = 'requeue_many'
     ORDER BY id DESC
     LIMIT 500
  ) AS latest
 WHERE error_group IS NOT NULL OR kind IS NOT NULL
 ORDER BY error_group, kind, id DESC;
