-- name: requeue
-- failed → scheduled, by hand, spread over $2 seconds; only jobs whose facts still hold, by the rules of the claim.
-- Retries are reset, the attempt number is kept: a message from before the requeue stays stale.
WITH held AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places
      FROM (
        SELECT j.id
          FROM jobs j
          JOIN appointments a ON a.id = j.appointment_id
         WHERE j.id = ANY ($1::uuid[])
           AND j.state = 'failed'
           AND NOT j.cancel_requested
           AND coalesce(j.revision, a.revision) >= a.revision
           AND (a.status = 'booked' OR j.kind IN ('appointment_cancelled_email', 'doctor_agenda_email', 'doctor_notice_email'))
         ORDER BY j.id
           FOR UPDATE OF j
      ) AS failed
)
UPDATE jobs j
   SET state = 'scheduled',
       due_at = now() + make_interval(secs => $2 * held.place / held.places),
       publish_after = now() + make_interval(secs => $2 * held.place / held.places),
       published_at = NULL,
       republished = 0,
       retries = 0,
       lost = 0,
       finished_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;
