-- What the overview and the frame show; bounded whatever the tables hold.

-- name: badges
-- Counted no further than 1000: the frame says "1,000+".
SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'failed' LIMIT 1000) AS f)::int AS failed,
       (SELECT count(*) FROM (SELECT FROM dead_letters WHERE discarded_at IS NULL LIMIT 1000) AS d)::int AS letters;

-- name: live_counts
-- What waits, runs or has failed, each counted by its partial index and no further than $1; beyond that the index
-- tells about how many it has (as of the last vacuum or analyze).
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

-- name: waiting
-- Since when the oldest due job of each queue waits; of each state at most the 500 oldest are looked at.
SELECT priority, min(due_at) AS since
  FROM (
    (SELECT priority, due_at FROM jobs
      WHERE state = 'scheduled' AND publish_after <= now() AND due_at <= now() ORDER BY publish_after LIMIT 500)
    UNION ALL
    (SELECT priority, due_at FROM jobs WHERE state = 'enqueued' AND due_at <= now() ORDER BY due_at LIMIT 500)
    UNION ALL
    (SELECT priority, due_at FROM jobs WHERE state = 'retrying' AND due_at <= now() ORDER BY due_at LIMIT 500)
  ) AS due
 GROUP BY priority;

-- name: running
-- No more than there are workers.
SELECT priority, count(*)::int AS jobs FROM jobs WHERE state = 'processing' GROUP BY priority;

-- name: workers
-- Who works: what each last claimed, and what it holds just now.
SELECT worker, max(claimed_at) AS claimed_at, sum(holds)::int AS holds
  FROM (
    SELECT worker, updated_at AS claimed_at, 0 AS holds FROM queue_progress WHERE updated_at > now() - interval '1 day'
    UNION ALL
    (SELECT lease_owner, max(started_at), count(*) FROM jobs WHERE state = 'processing' GROUP BY lease_owner LIMIT 200)
  ) AS seen
 WHERE worker IS NOT NULL
 GROUP BY worker
 ORDER BY claimed_at DESC
 LIMIT 50;

-- name: parked
-- The mail that has waited longest for a mail server which is away or refuses us.
SELECT error, parked_since
  FROM jobs
 WHERE parked_since IS NOT NULL AND state = 'scheduled'
 ORDER BY due_at, id
 LIMIT 1;

-- name: last_sent
-- The newest mail: the first entry of jobs_ended.
SELECT finished_at FROM jobs WHERE state = 'succeeded' ORDER BY finished_at DESC LIMIT 1;
