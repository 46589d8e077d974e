-- The whole story of an appointment.

-- name: appointment
SELECT a.id, a.client_id, a.starts_at, a.ends_at, a.timezone, a.status, a.local_date, a.local_time, a.created_at,
       a.updated_at, a.version, d.name AS doctor, c.email, c.email_reminders
  FROM appointments a
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = a.client_id
 WHERE a.id = $1;

-- name: acts
-- The client's acts on the appointment.
SELECT at, act, via, starts_at, previous_starts_at
  FROM appointment_acts
 WHERE appointment_id = $1
 ORDER BY id
 LIMIT 500;

-- name: jobs
SELECT * FROM jobs WHERE appointment_id = $1 ORDER BY id LIMIT 500;

-- name: returned
-- Reports about the mails after their server took them.
SELECT job_id, event, status, reported_at AS at FROM delivery_reports WHERE appointment_id = $1 ORDER BY id LIMIT 500;

-- name: returned_of_job
SELECT job_id, event, status, reported_at AS at FROM delivery_reports WHERE job_id = $1 ORDER BY id;

-- name: told
-- Found by in_app_notifications_of_appointment: notifications outlive their jobs, and a client may have many.
SELECT job_id, kind, created_at, read_at
  FROM in_app_notifications
 WHERE appointment_id = $1
 ORDER BY created_at
 LIMIT 500;
