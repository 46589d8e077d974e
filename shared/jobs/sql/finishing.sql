-- name: finish
-- processing → succeeded, retrying, failed, skipped, or parked back to scheduled; and the attempt's record, which is the
-- job's own row when the attempt succeeded (migration 0036).
-- Only for the lease holder of that attempt: an outcome that is not returned came too late and is discarded.
-- If the job was cancelled meanwhile, every outcome but success becomes cancelled. If its client was erased meanwhile, no error
-- text is kept: it may echo their address.
WITH outcome AS (
    SELECT *
      FROM unnest((SELECT $1::uuid[]), $2::int[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::text[],
                  $8::bool[], $9::text[])
        AS o (job_id, attempt, outcome, delay, reply_code, error, reason, away, bound_to)
), held AS (
    SELECT j.id, o.outcome, o.delay, o.reply_code, CASE WHEN j.erased_at IS NULL THEN o.error END AS error, o.reason, o.away, o.bound_to,
           CASE
               WHEN o.outcome <> 'succeeded' AND j.cancel_requested THEN 'cancelled'
               WHEN o.outcome = 'parked' THEN 'scheduled'
               ELSE o.outcome
           END AS next_state
      FROM jobs j
      JOIN outcome o ON o.job_id = j.id AND o.attempt = j.attempt
     WHERE j.state IS NOT DISTINCT FROM 'processing' AND j.lease_owner = $10
     ORDER BY j.id
       FOR UPDATE OF j
), moved AS (
    UPDATE jobs j
       SET state = held.next_state,
           due_at = CASE held.outcome
                        WHEN 'retrying' THEN now() + make_interval(secs => held.delay)
                        ELSE j.due_at
                    END,
           publish_after = now() + make_interval(secs => coalesce(held.delay, 0)),
           published_at = CASE held.outcome WHEN 'retrying' THEN now() ELSE j.published_at END,
           retries = j.retries + CASE held.outcome WHEN 'retrying' THEN 1 ELSE 0 END,
           reason = CASE held.next_state
                        WHEN 'cancelled' THEN 'cancelled while an attempt was under way'
                        ELSE coalesce(held.reason, j.reason)
                    END,
           error = held.error,
           lease_owner = CASE held.next_state WHEN 'succeeded' THEN j.lease_owner END,
           reply_code = CASE held.next_state WHEN 'succeeded' THEN held.reply_code END,
           lease_until = NULL,
           data_begun = false,
           bound_to = held.bound_to,
           parked_since = CASE WHEN held.away THEN coalesce(j.parked_since, now()) END,
           finished_at = CASE
                             WHEN held.next_state IN ('succeeded', 'failed', 'skipped', 'cancelled')
                             THEN now()
                         END
      FROM held
     WHERE j.id = held.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.appointment_id, j.due_at, j.started_at, j.request_id,
              j.traceparent, j.channel, held.outcome, held.reply_code, held.error
), recorded AS (
    INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error)
    SELECT id, attempt, started_at, clock_timestamp(), $10, outcome, reply_code, error
      FROM moved
     WHERE outcome <> 'succeeded'
)
SELECT id, attempt, state, kind, appointment_id, due_at, request_id, traceparent, channel FROM moved;
