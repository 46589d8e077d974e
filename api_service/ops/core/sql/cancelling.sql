-- What cancelling a set of jobs would do.

-- name: outline
-- How many of these ($1) were not sent.
SELECT count(*)::int AS matched,
       count(*) FILTER (WHERE state IN ('scheduled', 'enqueued', 'retrying'))::int AS waiting,
       count(*) FILTER (WHERE state = 'processing')::int AS processing,
       count(*) FILTER (WHERE state = 'failed')::int AS failed
  FROM jobs
 WHERE id = ANY ($1::uuid[]);
