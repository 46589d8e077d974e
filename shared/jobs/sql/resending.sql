-- name: hold
-- The appointment of the job $1, against a move, a cancellation or a second resend at the same time: they hold it too,
-- and all of them take it before any job.
SELECT a.id FROM appointments a JOIN jobs j ON j.appointment_id = a.id WHERE j.id = $1 FOR NO KEY UPDATE OF a;

-- name: hold_job
-- The job itself, against a requeue.
SELECT id FROM jobs WHERE id = $1 FOR UPDATE;

-- name: resend
-- → scheduled: a new job ($2) of the kind of the job $1, due now, for the same event. Only from one that has succeeded,
-- failed or was skipped, that is still so, as the claim judges it, and that is not being sent again already. $3: seconds
-- that the sweep leaves it to the process that commits it.
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after, published_at,
                  request_id, traceparent, revision, channel, event_id, resend_of)
SELECT $2, j.kind, j.priority, 'scheduled', j.appointment_id, j.client_id, now(),
       CASE j.kind WHEN 'appointment_reminder' THEN a.starts_at WHEN 'appointment_offer_email' THEN j.expires_at END,
       now() + make_interval(secs => $3), now(), $4, $5, a.revision, j.channel, coalesce(j.event_id, j.id), j.id
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
 WHERE j.id = $1
   AND j.state IN ('succeeded', 'failed', 'skipped')
   AND j.erased_at IS NULL
   AND j.kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
   AND coalesce(j.revision, a.revision) >= a.revision
   AND (a.status = 'booked' OR j.kind = 'appointment_cancelled_email')
   AND a.starts_at > now()
   AND NOT EXISTS (
       SELECT
         FROM jobs other
        WHERE other.appointment_id = j.appointment_id
          AND coalesce(other.event_id, other.id) = coalesce(j.event_id, j.id)
          AND other.channel = j.channel
          AND other.resend_of IS NOT NULL
          AND other.state IN ('scheduled', 'enqueued', 'processing', 'retrying')
   )
RETURNING id, kind, state, due_at, attempt, appointment_id, request_id, traceparent, channel;
