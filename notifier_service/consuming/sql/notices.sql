-- name: load
-- Everything that the mails and notifications of these jobs say, in the order of Notice's fields. Unnested as in
-- shared/jobs/sql/__init__.py.
SELECT j.id AS job_id, j.kind, a.id, a.local_date, a.local_time, a.timezone, a.starts_at, a.ends_at, a.reason,
       d.name, d.specialty, d.location, c.id, c.name, c.email, c.locale, j.lost, j.bound_to, d.id
  FROM unnest((SELECT $1::uuid[])) AS wanted (job_id)
  JOIN jobs j ON j.id = wanted.job_id
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = a.client_id;
