-- What operators read; nothing here moves a job (shared/jobs/store does).

-- name: plan_anew
-- For the transaction: the lists below are narrowed by whatever is given, and each choice wants a plan of its own.
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: list
-- A page of jobs, the newest first, narrowed by whatever is given. A client's jobs are those of the client's
-- appointments: these have an index already. Errors are searched where jobs are in trouble, never in history; as two
-- arms of an OR, because each finds a partial index of its own.
SELECT *
  FROM jobs
 WHERE ($1::text IS NULL OR state = $1)
   AND ($2::text IS NULL OR kind = $2)
   AND ($3::uuid IS NULL OR appointment_id = $3)
   AND ($4::text IS NULL OR appointment_id = ANY (ARRAY(SELECT id FROM appointments WHERE client_id = $4)))
   AND ($5::text IS NULL OR (state = 'failed' AND error ILIKE '%' || $5 || '%')
        OR (state = 'retrying' AND error ILIKE '%' || $5 || '%'))
   AND ($6::uuid IS NULL OR id BETWEEN $6 AND $7)
   AND ($8::uuid IS NULL OR id < $8)
 ORDER BY id DESC
 LIMIT $9;

-- name: one
SELECT * FROM jobs WHERE id = $1;

-- name: attempts
SELECT attempt, started_at, finished_at, worker, outcome, reply_code, error
  FROM job_attempts
 WHERE job_id = $1
 ORDER BY attempt;

-- name: clock
-- The database's, which says when jobs failed.
SELECT now();

-- name: dead_letters
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, properties, body
  FROM dead_letters
 WHERE ($1::text IS NULL OR reason = $1)
   AND ($2::timestamptz IS NULL OR received_at >= $2)
   AND ($3::timestamptz IS NULL OR received_at < $3)
   AND ($4::timestamptz IS NULL OR (received_at, id) < ($4, $5::uuid))
 ORDER BY received_at DESC, id DESC
 LIMIT $6;

-- name: dead_letter
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, properties, body
  FROM dead_letters
 WHERE id = $1;
