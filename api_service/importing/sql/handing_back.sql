-- The way back: reminders that this system gives up, and another one takes over.

-- name: countable
-- The reminders from $1 on that would be handed back, and those that stay here: a worker or a retry queue has them.
SELECT count(*) FILTER (WHERE j.state IN ('scheduled', 'enqueued')) AS leaving,
       count(*) FILTER (WHERE j.state IN ('processing', 'retrying')) AS staying
  FROM jobs j
 WHERE j.state IN ('scheduled', 'enqueued', 'processing', 'retrying')
   AND j.kind = 'appointment_reminder' AND j.due_at >= $1;

-- name: hand_back
-- scheduled, enqueued → cancelled, for at most $2 reminders that are due from $1 on; remembered in the same transaction. A claim
-- holds the row or finds it cancelled, so a reminder is either told here or in the file. Two statements that wait for each other's
-- rows take them in the order of ids, as all others do.
WITH held AS (
    SELECT id, appointment_id, due_at
      FROM jobs
     WHERE state IN ('scheduled', 'enqueued') AND kind = 'appointment_reminder' AND due_at >= $1
     ORDER BY id
     LIMIT $2
       FOR UPDATE
), gone AS (
    UPDATE jobs j
       SET state = 'cancelled', reason = 'handed back to another system', finished_at = now()
      FROM held
     WHERE j.id = held.id AND j.state IN ('scheduled', 'enqueued')
    RETURNING j.id, j.appointment_id, j.due_at
)
INSERT INTO handed_back_reminders (job_id, appointment_id, due_at)
SELECT id, appointment_id, due_at FROM gone
RETURNING job_id;

-- name: list
-- A page of whatever was handed back and is still to be told, after the id $1: for the file. A client who wants no reminders is
-- left out, as a claim leaves them out; so is a reminder of a time that was changed since, as no requeue sends it either.
SELECT h.job_id, h.due_at, i.source, i.foreign_id, a.id AS appointment_id, a.doctor_id, a.client_id, c.email, c.name, c.phone,
       c.locale, c.email_reminders, a.local_date, a.local_time, a.timezone, a.starts_at, a.ends_at
  FROM handed_back_reminders h
  JOIN jobs j ON j.id = h.job_id
  JOIN appointments a ON a.id = h.appointment_id AND coalesce(j.revision, a.revision) >= a.revision
  JOIN clients c ON c.id = a.client_id
  LEFT JOIN imported_appointments i ON i.appointment_id = a.id
 WHERE h.job_id > $1 AND h.due_at > now() AND a.status = 'booked'
 ORDER BY h.job_id
 LIMIT $2;
