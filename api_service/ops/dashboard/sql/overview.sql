-- What the overview and the frame show; bounded whatever the tables hold.

-- name: badges
-- Counted no further than 1000: the frame says "1,000+".
SELECT (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'failed' LIMIT 1000) AS f)::int AS failed,
       (SELECT count(*) FROM (SELECT FROM dead_letters WHERE discarded_at IS NULL LIMIT 1000) AS d)::int AS letters;

-- name: live_counts
-- What waits, runs or has failed, each counted by its partial index and no further than $1.
SELECT 'scheduled' AS state, count(*)::int AS jobs FROM (SELECT FROM jobs WHERE state = 'scheduled' LIMIT $1) AS s
UNION ALL
SELECT 'enqueued', count(*)::int FROM (SELECT FROM jobs WHERE state = 'enqueued' LIMIT $1) AS s
UNION ALL
SELECT 'processing', count(*)::int FROM (SELECT FROM jobs WHERE state = 'processing' LIMIT $1) AS s
UNION ALL
SELECT 'retrying', count(*)::int FROM (SELECT FROM jobs WHERE state = 'retrying' LIMIT $1) AS s
UNION ALL
SELECT 'failed', count(*)::int FROM (SELECT FROM jobs WHERE state = 'failed' LIMIT $1) AS s;
