-- name: renew
-- Extends the leases that a worker still holds. A job that is not returned has lost its lease.
UPDATE jobs j
   SET lease_until = clock_timestamp() + make_interval(secs => $4)
  FROM unnest($1::uuid[], $2::int[]) AS held (job_id, attempt)
 WHERE j.id = held.job_id
   AND j.attempt = held.attempt
   AND j.lease_owner = $3
   AND j.state = 'processing'
RETURNING j.id;

-- name: mark_sending
-- Written just before DATA, for the case that the worker vanishes now. Under CRASH_POLICY=hold ($4): the mail may be
-- out. If another mail server than the first gets it ($5): the server that may have it.
-- A job that was cancelled since its claim is not handed over.
UPDATE jobs
   SET data_begun = $4, bound_to = $5
 WHERE id = $1 AND attempt = $2 AND lease_owner = $3 AND state = 'processing' AND NOT cancel_requested
RETURNING id;

-- name: recover_expired_leases
-- processing → scheduled, after the worker has vanished: the attempt is recorded as lost, the $2-th → failed.
-- If the mail may be on its way (data_begun, under CRASH_POLICY=hold only) → failed: a person decides. A job that was
-- cancelled meanwhile → cancelled in any case: nobody may send it again.
WITH gone AS (
    SELECT id, lease_owner,
           CASE
               WHEN cancel_requested THEN 'cancelled'
               WHEN data_begun THEN 'failed'
               WHEN lost + 1 >= $2 THEN 'failed'
               ELSE 'scheduled'
           END AS next_state,
           CASE
               WHEN data_begun THEN 'possibly sent: its worker was lost while it handed the mail over'
               ELSE 'worker lost: its lease expired'
           END AS error
      FROM jobs
     WHERE state = 'processing' AND lease_until < now()
     ORDER BY lease_until
     LIMIT $1
       FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE jobs j
       SET state = gone.next_state,
           lost = j.lost + 1,
           publish_after = now(),
           reason = CASE gone.next_state
                        WHEN 'cancelled' THEN 'cancelled while an attempt was under way'
                        ELSE j.reason
                    END,
           error = gone.error,
           lease_owner = NULL,
           lease_until = NULL,
           data_begun = false,
           finished_at = CASE WHEN gone.next_state <> 'scheduled' THEN now() END
      FROM gone
     WHERE j.id = gone.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.channel, j.appointment_id, j.started_at, gone.lease_owner, j.error
), recorded AS (
    INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, worker, outcome, error)
    SELECT id, attempt, started_at, now(), lease_owner, 'lost', error FROM moved
)
SELECT id, attempt, state, kind, channel, appointment_id FROM moved;

-- name: recover_crashed
-- A message died by the broker's delivery limit before any claim: the job's attempt counts as lost, like an expired
-- lease. If the row has changed its state meanwhile, nothing happens.
WITH held AS (
    SELECT j.id
      FROM jobs j
      JOIN unnest($1::uuid[], $2::int[]) AS ticket (job_id, attempt)
        ON j.id = ticket.job_id AND j.attempt = ticket.attempt
     WHERE j.state IN ('scheduled', 'enqueued', 'retrying')
     ORDER BY j.id
       FOR UPDATE OF j
), moved AS (
    UPDATE jobs j
       SET state = CASE WHEN j.lost + 1 >= $3 THEN 'failed' ELSE 'scheduled' END,
           attempt = j.attempt + 1,
           lost = j.lost + 1,
           publish_after = now(),
           error = $4,
           finished_at = CASE WHEN j.lost + 1 >= $3 THEN now() END
      FROM held
     WHERE j.id = held.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.channel, j.appointment_id
), recorded AS (
    INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, outcome, error)
    SELECT id, attempt, now(), now(), 'lost', $4 FROM moved
)
SELECT id, attempt, state, kind, channel, appointment_id FROM moved;
