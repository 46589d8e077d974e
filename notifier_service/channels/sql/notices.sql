-- name: load
-- Everything that the notifications of these jobs say, whatever their channel. Where an appointment was moved, its earlier
-- time is that of the reminders which the move has cancelled: they expire when the appointment would have begun. Unnested
-- as in shared/jobs/sql/__init__.py.
SELECT j.id AS job_id, j.kind, j.channel, a.id AS appointment_id, a.local_date, a.local_time, a.timezone, a.starts_at,
       a.ends_at, a.reason, d.name AS doctor_name, d.specialty AS doctor_specialty, d.location AS doctor_location,
       c.id AS client_id, c.name AS client_name, c.email AS client_email, c.locale AS client_locale, j.lost, j.bound_to,
       d.id AS doctor_id, a.version, c.timezone AS client_timezone, before.starts_at AS previous_starts_at
  FROM unnest((SELECT $1::uuid[])) AS wanted (job_id)
  JOIN jobs j ON j.id = wanted.job_id
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = a.client_id
  LEFT JOIN LATERAL (
      SELECT reminder.expires_at AS starts_at
        FROM jobs reminder
       WHERE j.kind = 'appointment_rescheduled_email'
         AND reminder.appointment_id = j.appointment_id
         AND reminder.kind = 'appointment_reminder'
         AND coalesce(reminder.revision, 0) < j.revision
       ORDER BY coalesce(reminder.revision, 0) DESC
       LIMIT 1
  ) AS before ON true;
