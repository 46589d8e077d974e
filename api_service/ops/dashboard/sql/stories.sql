-- What belongs together: a job's surroundings, and the whole story of an appointment.

-- name: around
-- Who is told by a job, about what, and whether the inbox has it.
SELECT a.starts_at, a.timezone, a.status, a.local_date, a.local_time, d.name AS doctor, c.email, c.email_reminders,
       n.created_at AS told_at, n.read_at
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = j.client_id
  LEFT JOIN in_app_notifications n ON n.job_id = j.id
 WHERE j.id = $1;
