-- Figures for operators; none of them reads history.

-- name: counts
-- Jobs that have not ended, by state and kind; each arm has a partial index. What has ended is counted by its notes
-- (shared/jobs/sql/counts.sql).
SELECT state, kind, count(*) AS jobs
  FROM jobs
 WHERE state = 'scheduled'
   AND state IN ('scheduled', 'failed', 'cancelled', 'skipped')
 GROUP BY state, kind
UNION ALL
SELECT state, kind, count(*) FROM jobs WHERE state IN ('enqueued', 'retrying') GROUP BY state, kind
UNION ALL
SELECT state, kind, count(*) FROM jobs WHERE state = 'processing' GROUP BY state, kind;

-- name: oldest_due
-- The job that has waited longest since it was due. Each state by its own partial index; of the scheduled, the first
-- 10,000 whose turn has come or is near: what is due has a publish_after of a few seconds ahead at most.
SELECT id, kind, state, due_at, extract(epoch FROM now() - due_at)::float8 AS age
  FROM (
    (SELECT id, kind, state, due_at
       FROM (
        SELECT id, kind, state, due_at FROM jobs
         WHERE state = 'scheduled' AND publish_after <= now() + interval '1 minute'
         ORDER BY publish_after LIMIT 10000
       ) AS near
      WHERE due_at <= now()
      ORDER BY due_at LIMIT 1)
    UNION ALL
    (SELECT id, kind, state, due_at FROM jobs WHERE state = 'enqueued' AND due_at <= now() ORDER BY due_at LIMIT 1)
    UNION ALL
    (SELECT id, kind, state, due_at FROM jobs
      WHERE state IN ('enqueued', 'retrying') AND state = 'retrying' AND due_at <= now()
      ORDER BY due_at LIMIT 1)
    UNION ALL
    (SELECT id, kind, state, due_at FROM jobs WHERE state = 'processing' ORDER BY due_at LIMIT 1)
  ) AS waiting
 ORDER BY due_at
 LIMIT 1;

-- name: created
-- Jobs made since the ids $1, $2 and $3, which are in this order: ids tell when, so the primary key is enough.
SELECT count(*) FILTER (WHERE id >= $3) AS last_minute,
       count(*) FILTER (WHERE id >= $2) AS last_5_minutes,
       count(*) AS last_60_minutes
  FROM jobs
 WHERE id >= $1;

-- name: succeeded
SELECT count(*) FILTER (WHERE finished_at >= now() - interval '1 minute') AS last_minute,
       count(*) FILTER (WHERE finished_at >= now() - interval '5 minutes') AS last_5_minutes,
       count(*) AS last_60_minutes
  FROM jobs
 WHERE state = 'succeeded' AND finished_at >= now() - interval '60 minutes';

-- name: failed
-- Those that have been requeued since are not among them.
SELECT count(*) FILTER (WHERE finished_at >= now() - interval '1 minute') AS last_minute,
       count(*) FILTER (WHERE finished_at >= now() - interval '5 minutes') AS last_5_minutes,
       count(*) AS last_60_minutes
  FROM jobs
 WHERE state = 'failed' AND finished_at >= now() - interval '60 minutes';
