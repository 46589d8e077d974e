-- What operators read; nothing here moves a job (shared/sql/jobs.sql does).

-- name: list
-- A page of jobs, the newest first, narrowed by whatever is given.
SELECT *
  FROM jobs
 WHERE ($1::text IS NULL OR state = $1)
   AND ($2::text IS NULL OR kind = $2)
   AND ($3::uuid IS NULL OR appointment_id = $3)
   AND ($4::text IS NULL OR client_id = $4)
   AND ($5::text IS NULL OR error ILIKE '%' || $5 || '%')
   AND ($6::uuid IS NULL OR id < $6)
 ORDER BY id DESC
 LIMIT $7;

-- name: one
SELECT * FROM jobs WHERE id = $1;

-- name: attempts
SELECT attempt, started_at, finished_at, worker, outcome, reply_code, error
  FROM job_attempts
 WHERE job_id = $1
 ORDER BY attempt;

-- name: failed
-- The failed jobs of a filter, oldest first, for a requeue of many.
SELECT id
  FROM jobs
 WHERE state = 'failed'
   AND ($1::text IS NULL OR kind = $1)
   AND ($2::uuid IS NULL OR appointment_id = $2)
   AND ($3::text IS NULL OR client_id = $3)
   AND ($4::text IS NULL OR error ILIKE '%' || $4 || '%')
 ORDER BY id
 LIMIT $5;

-- name: live_counts
-- Jobs that wait or run, by state and kind: partial indexes keep history out of it.
SELECT state, kind, count(*) AS jobs
  FROM jobs
 WHERE state IN ('scheduled', 'enqueued', 'processing', 'retrying', 'failed')
 GROUP BY state, kind;

-- name: oldest_due
-- Seconds since the job that has waited longest was due.
SELECT extract(epoch FROM now() - min(due_at))::float8
  FROM jobs
 WHERE state IN ('scheduled', 'enqueued', 'processing', 'retrying') AND due_at <= now();

-- name: dead_letters
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, body
  FROM dead_letters
 WHERE $1::timestamptz IS NULL OR (received_at, id) < ($1, $2::uuid)
 ORDER BY received_at DESC, id DESC
 LIMIT $3;

-- name: dead_letter
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, body
  FROM dead_letters
 WHERE id = $1;
