-- Signs that mail goes out or does not. Each read is bounded at any size of the tables.

-- name: server
-- The state of the database itself.
SELECT clock_timestamp() AS now,
       NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS writable,
       ARRAY(SELECT name FROM schema_migrations) AS applied;

-- name: parked
-- The mails that wait for a mail server which is away or refuses us: how many (no further than 1000), since when the
-- first does, and the error of the one that has waited longest.
SELECT count(*)::int AS jobs, min(parked_since) AS since, (array_agg(error ORDER BY due_at, id))[1] AS error
  FROM (
    SELECT id, due_at, parked_since, error
      FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled'
     ORDER BY due_at, id
     LIMIT 1000
  ) AS parked;

-- name: retrying
-- The first thousand jobs that have failed and are tried again, by cause, the most frequent first. Errors of the same
-- words are put together first, since a cause is expensive.
SELECT job_error_group(error) AS cause, sum(jobs)::int AS jobs
  FROM (
    SELECT error, count(*) AS jobs
      FROM (SELECT error FROM jobs WHERE state = 'retrying' ORDER BY id LIMIT 1000) AS waiting
     GROUP BY error
  ) AS alike
 GROUP BY 1
 ORDER BY 2 DESC, 1;

-- name: claimed
-- Seconds since any worker has claimed a job.
SELECT extract(epoch FROM now() - max(updated_at))::float8 AS ago FROM queue_progress;
