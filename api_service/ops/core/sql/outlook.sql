-- The mails that were sent lately, for comparison with a forecast.

-- name: busiest_minute
-- The minute of the last day in which the most mails were sent, as far as it is rolled up.
SELECT bucket, sum(jobs)::int AS jobs
  FROM job_throughput
 WHERE unit = 'minute' AND bucket >= now() - interval '1 day' AND state = 'succeeded'
 GROUP BY bucket
 ORDER BY jobs DESC, bucket DESC
 LIMIT 1;
