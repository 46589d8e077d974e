-- What the record of operators' actions tells about failures.

-- name: last_requeues
-- The newest requeue of each cause or kind, among the last 500 requeues of many.
SELECT DISTINCT ON (target->>'group', target->>'kind')
       target->>'group' AS error_group, target->>'kind' AS kind, at, operator, changed
  FROM (SELECT * FROM operator_actions WHERE action = 'requeue_many' ORDER BY id DESC LIMIT 500) AS latest
 WHERE target ? 'group' OR target ? 'kind'
 ORDER BY target->>'group', target->>'kind', id DESC;
