-- Figures for operators; none of them reads history.

-- name: counts
-- Jobs that have not ended, by state and kind, each counted no further than $2: scheduled ones of the kinds $1 each by
-- jobs_at_rest, the others all kinds together, by jobs_with_broker_by_id. What has ended is counted by its notes (shared/jobs/sql/counts.sql).
SELECT state, kind, count(*)::int AS jobs
  FROM (
    SELECT 'scheduled' AS state, wanted.kind
      FROM unnest($1::text[]) AS wanted (kind)
     CROSS JOIN LATERAL (
            SELECT FROM jobs
             WHERE state = 'scheduled' AND state IN ('scheduled', 'failed', 'cancelled', 'skipped') AND kind = wanted.kind
             ORDER BY id LIMIT $2
           ) AS theirs
    UNION ALL
    (SELECT state, kind FROM jobs WHERE state = 'enqueued' ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT state, kind FROM jobs WHERE state = 'retrying' ORDER BY id LIMIT $2)
    UNION ALL
    SELECT state, kind FROM jobs WHERE state = 'processing'
  ) AS live
 GROUP BY state, kind;

-- name: indexed
-- About how many jobs each live state has, as its index tells (as of the last vacuum or analyze).
SELECT state, greatest(c.reltuples, 0)::int AS jobs
  FROM (VALUES ('scheduled', 'jobs_to_publish'), ('enqueued', 'jobs_delayed'), ('retrying', 'jobs_retrying'))
       AS of (state, index)
  JOIN pg_class c ON c.oid = to_regclass(of.index);

-- name: oldest_due
-- The job that has waited longest since it was due. Each state by its own partial index; of the scheduled, the first
-- 10,000 that are due for publishing now or soon: a due job has a publish_after of at most five minutes ahead (head
-- start, a relay's lease, a parked mail).
SELECT id, kind, state, due_at, extract(epoch FROM now() - due_at)::float8 AS age
  FROM (
    (SELECT id, kind, state, due_at
       FROM (
        SELECT id, kind, state, due_at FROM jobs
         WHERE state = 'scheduled' AND publish_after <= now() + interval '310 seconds'
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
-- Jobs made since the ids $1, $2 and $3, which are in this order: ids tell when, so the primary key is enough. Of more than
-- $4 the newest, and since when these were made.
SELECT count(*) FILTER (WHERE id >= $3) AS last_minute,
       count(*) FILTER (WHERE id >= $2) AS last_5_minutes,
       count(*) AS last_60_minutes,
       (SELECT created_at FROM jobs WHERE id >= $1 ORDER BY id DESC OFFSET $4::bigint - 1 LIMIT 1) AS since
  FROM (SELECT id FROM jobs WHERE id >= $1 ORDER BY id DESC LIMIT $4::bigint) AS newest;

-- name: succeeded
-- Of more than $1 the newest, and since when these did.
SELECT count(*) FILTER (WHERE finished_at >= now() - interval '1 minute') AS last_minute,
       count(*) FILTER (WHERE finished_at >= now() - interval '5 minutes') AS last_5_minutes,
       count(*) AS last_60_minutes,
       CASE WHEN count(*) = $1::bigint THEN min(finished_at) END AS since
  FROM (
    SELECT finished_at FROM jobs
     WHERE state = 'succeeded' AND finished_at >= now() - interval '60 minutes'
     ORDER BY finished_at DESC, id DESC
     LIMIT $1::bigint
  ) AS newest;

-- name: failed
-- Those that have been requeued since are not among them.
SELECT count(*) FILTER (WHERE finished_at >= now() - interval '1 minute') AS last_minute,
       count(*) FILTER (WHERE finished_at >= now() - interval '5 minutes') AS last_5_minutes,
       count(*) AS last_60_minutes,
       CASE WHEN count(*) = $1::bigint THEN min(finished_at) END AS since
  FROM (
    SELECT finished_at FROM jobs
     WHERE state = 'failed' AND finished_at >= now() - interval '60 minutes'
     ORDER BY finished_at DESC, id DESC
     LIMIT $1::bigint
  ) AS newest;

-- name: badges
-- Counted no further than 1000: the frame says "1,000+".
SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'failed' LIMIT 1000) AS f)::int AS failed,
       (SELECT count(*) FROM (SELECT FROM dead_letters WHERE discarded_at IS NULL LIMIT 1000) AS d)::int AS letters;

-- name: live_counts
-- Waiting, running and failed jobs, each counted by its partial index up to $1; beyond that the size of the index gives
-- an estimate (as of the last vacuum or analyze).
SELECT state, least(jobs, $1)::int AS jobs, CASE WHEN jobs > $1 THEN greatest(c.reltuples, $1)::int END AS about
  FROM (
    SELECT 'scheduled' AS state, 'jobs_to_publish' AS index,
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'scheduled' LIMIT $1 + 1) AS s) AS jobs
    UNION ALL
    SELECT 'enqueued', 'jobs_delayed',
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'enqueued' LIMIT $1 + 1) AS s)
    UNION ALL
    SELECT 'processing', 'jobs_leased',
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'processing' LIMIT $1 + 1) AS s)
    UNION ALL
    SELECT 'retrying', 'jobs_retrying',
           (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'retrying' LIMIT $1 + 1) AS s)
  ) AS live
  LEFT JOIN pg_class c ON c.oid = to_regclass(live.index);

-- name: last_sent
-- The newest mail: the first entry of jobs_ended.
SELECT finished_at FROM jobs WHERE state = 'succeeded' ORDER BY finished_at DESC LIMIT 1;
