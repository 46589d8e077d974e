-- How long jobs wait and run.

-- name: recent
-- By kind, of the last $2 jobs that succeeded since $1: read from jobs_ended, newest first, so that it costs the same at
-- any size. `waited`: from the time that the attempt was due until it began; `ran`: until its mail was taken. Each has
-- its 50th, 95th and 99th percentile, in seconds.
SELECT kind, count(*)::int AS jobs,
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY waited) AS waited,
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ran) AS ran
  FROM (
    SELECT kind,
           greatest(extract(epoch FROM started_at - greatest(due_at, mail_turn)), 0)::float8 AS waited,
           greatest(extract(epoch FROM finished_at - started_at), 0)::float8 AS ran
      FROM jobs
     WHERE state = 'succeeded' AND finished_at >= $1 AND started_at IS NOT NULL
     ORDER BY finished_at DESC, id DESC
     LIMIT $2
  ) AS latest
 GROUP BY kind;
