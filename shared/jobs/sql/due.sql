-- Which jobs fall due when, without a look at the rows: by the partial indexes of the live states.

-- name: by_minute
-- Jobs that fall due after now and before $1, by minute, in their order: each state no further than its first $2. A
-- scheduled job is published at publish_after, which is its due time, or the time at which a waiting job is tried again.
SELECT minute, sum(jobs)::int AS jobs
  FROM (
    SELECT date_trunc('minute', publish_after, 'UTC'), count(*)
      FROM (SELECT publish_after FROM jobs
             WHERE state = 'scheduled' AND publish_after > now() AND publish_after < $1
             ORDER BY publish_after LIMIT $2) AS scheduled
     GROUP BY 1
    UNION ALL
    SELECT date_trunc('minute', due_at, 'UTC'), count(*)
      FROM (SELECT due_at FROM jobs
             WHERE state = 'enqueued' AND due_at > now() AND due_at < $1
             ORDER BY due_at LIMIT $2) AS enqueued
     GROUP BY 1
    UNION ALL
    SELECT date_trunc('minute', due_at, 'UTC'), count(*)
      FROM (SELECT due_at FROM jobs
             WHERE state = 'retrying' AND due_at > now() AND due_at < $1
             ORDER BY due_at LIMIT $2) AS retrying
     GROUP BY 1
  ) AS each (minute, jobs)
 GROUP BY minute
 ORDER BY minute;

-- name: now
-- The database's time, and the jobs that are due and have not ended: each state no further than $1.
SELECT now() AS now,
       ((SELECT count(*)
           FROM (SELECT FROM jobs WHERE state = 'scheduled' AND publish_after <= now()
                  ORDER BY publish_after LIMIT $1) AS scheduled)
        + (SELECT count(*)
             FROM (SELECT FROM jobs WHERE state = 'enqueued' AND due_at <= now() ORDER BY due_at LIMIT $1) AS enqueued)
        + (SELECT count(*)
             FROM (SELECT FROM jobs WHERE state = 'retrying' AND due_at <= now() ORDER BY due_at LIMIT $1) AS retrying)
       )::int AS backlog;
