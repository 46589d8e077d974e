-- The operators' reads about single jobs. No statement here changes a job (shared/jobs/store does).

-- name: one
SELECT * FROM jobs WHERE id = $1;

-- name: attempts
-- Of all these jobs ($1).
SELECT job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error
  FROM job_attempts
 WHERE job_id = ANY ($1::uuid[])
 ORDER BY attempt, job_id
 LIMIT 2000;

-- name: around
-- The recipient and the subject of a job, and whether the inbox has its notification.
SELECT a.starts_at, a.timezone, a.status, a.local_date, a.local_time, d.name AS doctor, c.email_reminders,
       recipient_address(j.kind, a.doctor_id, c.email) AS email,
       n.created_at AS told_at, n.read_at
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = j.client_id
  LEFT JOIN in_app_notifications n ON n.job_id = coalesce(j.event_id, j.id)
 WHERE j.id = $1;

-- name: clients_by_address
-- $1: its spellings, in small letters.
SELECT id FROM clients WHERE lower(email) = ANY ($1::text[]) ORDER BY id LIMIT 20;
