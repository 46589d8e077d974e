-- The jobs that wait in each work queue, counted in the table.

-- name: oldest_due
-- For each queue the due time of the job that has waited longest, and its wait in seconds; an empty queue has no row.
-- A mail that waits for the turn of its address is due then. A scheduled row that is due has a publish_after of at
-- most five minutes ahead (head start, a relay's lease, a parked mail). Bounded: of each state the oldest are read.
SELECT priority, min(due) AS since, extract(epoch FROM now() - min(due))::float8 AS age
  FROM (
    (SELECT priority, greatest(due_at, mail_turn) AS due FROM jobs
      WHERE state = 'scheduled' AND publish_after <= now() + interval '310 seconds' AND due_at <= now()
      ORDER BY publish_after LIMIT 10000)
    UNION ALL
    (SELECT priority, greatest(due_at, mail_turn) FROM jobs
      WHERE state = 'scheduled' AND parked_since IS NOT NULL
      ORDER BY due_at, id LIMIT 500)
    UNION ALL
    (SELECT priority, greatest(due_at, mail_turn) FROM jobs
      WHERE state = 'enqueued' AND due_at <= now()
      ORDER BY due_at LIMIT 500)
    UNION ALL
    (SELECT priority, greatest(due_at, mail_turn) FROM jobs
      WHERE state = 'retrying' AND due_at <= now()
      ORDER BY due_at LIMIT 500)
    UNION ALL
    SELECT priority, greatest(due_at, mail_turn) FROM jobs WHERE state = 'processing'
  ) AS waiting
 WHERE due <= now()
 GROUP BY priority;

-- name: running
-- No more than there are workers.
SELECT priority, count(*)::int AS jobs FROM jobs WHERE state = 'processing' GROUP BY priority;
