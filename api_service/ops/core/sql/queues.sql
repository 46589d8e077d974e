-- What waits in each work queue, by the table.

-- name: oldest_due
-- Seconds since the job that has waited longest in queue $1 was due; null when none waits. Of the scheduled, the first
-- 10,000 whose turn has come or is near: what is due has a publish_after of a few seconds ahead at most.
SELECT extract(epoch FROM now() - min(due_at))::float8 AS age
  FROM (
    SELECT min(due_at)
      FROM (
        SELECT due_at FROM jobs
         WHERE state = 'scheduled' AND publish_after <= now() + interval '1 minute' AND priority = $1
         ORDER BY publish_after LIMIT 10000
      ) AS near
     WHERE due_at <= now()
    UNION ALL
    SELECT min(due_at) FROM jobs WHERE state = 'enqueued' AND due_at <= now() AND priority = $1
    UNION ALL
    SELECT min(due_at) FROM jobs
     WHERE state IN ('enqueued', 'retrying') AND state = 'retrying' AND due_at <= now() AND priority = $1
    UNION ALL
    SELECT min(due_at) FROM jobs WHERE state = 'processing' AND priority = $1
  ) AS waiting (due_at);
