-- Signs of whether mail is going out.

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
