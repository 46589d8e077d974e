-- What the record of operators' actions tells about failures.

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
