-- The number of jobs, and of ended jobs by time. History is never scanned: ended jobs are read from the roll-up and from
-- the notes that are not rolled up yet (migration 0013), live jobs through their partial indexes.

-- name: roll_up
-- Takes at most $1 notes into minutes, hours and standing counts. Exact also if several run at once: a note belongs
-- to the run that deletes it.
WITH taken AS (
    DELETE FROM job_changes
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_changes LIMIT $1))
    RETURNING at, kind, state, entered, gone
), bucketed AS (
    INSERT INTO job_throughput AS t (unit, bucket, kind, state, jobs)
    SELECT unit, date_trunc(unit, at, 'UTC'), kind, state, sum(entered)
      FROM taken, (VALUES ('minute'), ('hour')) AS u (unit)
     WHERE entered > 0
     GROUP BY 1, 2, 3, 4
     ORDER BY 1, 2, 3, 4
    ON CONFLICT (unit, bucket, kind, state) DO UPDATE SET jobs = t.jobs + excluded.jobs
), stood AS (
    INSERT INTO job_standing AS s (kind, state, jobs)
    SELECT kind, state, sum(entered - gone) FROM taken GROUP BY kind, state ORDER BY kind, state
    ON CONFLICT (kind, state) DO UPDATE SET jobs = s.jobs + excluded.jobs
)
SELECT count(*)::int AS notes FROM taken;

-- name: forget
-- Buckets that nobody looks at any more.
DELETE FROM job_throughput
 WHERE (unit = 'minute' AND bucket < now() - interval '2 days')
    OR (unit = 'hour' AND bucket < now() - interval '400 days');

-- name: throughput
-- Jobs that ended since $2, by minute or hour ($1), kind and state; buckets without any are missing.
SELECT bucket, kind, state, sum(jobs)::bigint AS jobs
  FROM (
    SELECT bucket, kind, state, jobs FROM job_throughput WHERE unit = $1 AND bucket >= date_trunc($1, $2, 'UTC')
    UNION ALL
    SELECT date_trunc($1, at, 'UTC'), kind, state, entered
      FROM job_changes
     WHERE entered > 0 AND at >= date_trunc($1, $2, 'UTC')
  ) AS both_parts (bucket, kind, state, jobs)
 GROUP BY bucket, kind, state
 ORDER BY bucket, kind, state;

-- name: standing
-- How many rows each final state has, by kind.
SELECT kind, state, sum(jobs)::bigint AS jobs
  FROM (
    SELECT kind, state, jobs FROM job_standing
    UNION ALL
    SELECT kind, state, entered - gone FROM job_changes
  ) AS both_parts
 GROUP BY kind, state;

-- name: live
-- How many jobs are in each live state. Index-only: by kind they would have to be visited one by one.
WITH counted AS (
    SELECT (SELECT count(*) FROM jobs WHERE state = 'scheduled') AS scheduled,
           (SELECT count(*) FROM jobs WHERE state = 'enqueued') AS enqueued,
           (SELECT count(*) FROM jobs WHERE state IN ('enqueued', 'retrying')) AS with_broker,
           (SELECT count(*) FROM jobs WHERE state = 'processing') AS processing
)
SELECT scheduled, enqueued, processing, with_broker - enqueued AS retrying FROM counted;

-- name: oldest_due
-- Seconds since the job that has waited longest was due; null when none waits. A mail that waits for the turn of its
-- address is due then. A scheduled row that is due has a publish_after of at most five minutes ahead (head start, a
-- relay's lease, a parked mail), so those further ahead are not looked at.
SELECT extract(epoch FROM clock_timestamp() - min(due_at))::float8 AS age
  FROM (
    SELECT min(greatest(due_at, mail_turn)) FROM jobs
     WHERE state = 'scheduled' AND publish_after <= now() + interval '310 seconds' AND due_at <= now()
    UNION ALL
    SELECT min(greatest(due_at, mail_turn)) FROM jobs WHERE state = 'enqueued' AND due_at <= now()
    UNION ALL
    SELECT min(greatest(due_at, mail_turn)) FROM jobs
     WHERE state IN ('enqueued', 'retrying') AND state = 'retrying' AND due_at <= now()
    UNION ALL
    SELECT min(greatest(due_at, mail_turn)) FROM jobs WHERE state = 'processing'
  ) AS waiting (due_at);

-- name: parked
-- Mails that wait for a mail server which is away or refuses us: how many, how many of them for longer than $1 seconds,
-- and since when.
SELECT count(*)::int AS jobs,
       (count(*) FILTER (WHERE parked_since < now() - make_interval(secs => $1)))::int AS too_long,
       min(parked_since) AS since
  FROM jobs
 WHERE parked_since IS NOT NULL AND state = 'scheduled';
