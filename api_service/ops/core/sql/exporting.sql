-- Everything about a person, a statement for each table. The columns are named as in the answer, in snake case.
-- Rows are found by the client and by their appointments, as in erasing.sql.

-- name: client
SELECT id, name, email, email_source, phone, timezone, locale, email_reminders, created_at, updated_at
  FROM clients
 WHERE id = $1 AND erased_at IS NULL;

-- name: appointments
SELECT a.id, a.doctor_id, d.name AS doctor_name, a.local_date AS appointment_date, a.local_time AS appointment_time,
       a.timezone, a.starts_at, a.ends_at, a.status, a.reason, a.attendance, a.attendance_at, a.attended, a.attended_at,
       a.created_at, a.updated_at
  FROM appointments a
  JOIN doctors d ON d.id = a.doctor_id
 WHERE a.client_id = $1
 ORDER BY a.starts_at, a.id;

-- name: acts
-- What was done to the appointments, by whom and by which way: `via` says "link" where a link of a mail was used.
SELECT act.appointment_id, act.at, act.act, act.via, act.actor, act.message, act.starts_at, act.previous_starts_at,
       act.request_id
  FROM appointments a
  JOIN appointment_acts act ON act.appointment_id = a.id
 WHERE a.client_id = $1
 ORDER BY act.id;

-- name: offers
-- Other times that the person was offered for an appointment, with the times that are held until they answer.
SELECT o.appointment_id, o.starts_at, o.made_at, o.held_until, o.answered_at, o.answer,
       ARRAY(SELECT h.starts_at FROM held_times h WHERE h.offer_id = o.id ORDER BY h.starts_at) AS held_times
  FROM appointments a
  JOIN offers o ON o.appointment_id = a.id
 WHERE a.client_id = $1
 ORDER BY o.id;

-- name: doctor_notices
-- The newest change of an appointment of which its doctor was told, and the time that it had before.
SELECT n.appointment_id, n.made_at, n.previous_starts_at
  FROM appointments a
  JOIN doctor_notices n ON n.appointment_id = a.id
 WHERE a.client_id = $1
 ORDER BY n.appointment_id;

-- name: imported
SELECT i.appointment_id, i.source, i.foreign_id, i.imported_at
  FROM appointments a
  JOIN imported_appointments i ON i.appointment_id = a.id
 WHERE a.client_id = $1
 ORDER BY i.appointment_id;

-- name: notifications
SELECT id, kind, title, body, appointment_id, created_at, read_at
  FROM in_app_notifications
 WHERE client_id = $1
 ORDER BY id;

-- name: jobs
-- Of the kinds that a client is told ($2).
SELECT j.id, j.kind, j.channel, j.state, j.appointment_id, j.due_at, j.reason, j.error, j.request_id, j.created_at,
       j.finished_at, j.attempt AS attempts
  FROM appointments a
  JOIN jobs j ON j.appointment_id = a.id
 WHERE a.client_id = $1 AND j.kind = ANY ($2::text[])
 ORDER BY j.id;

-- name: attempts
-- Of the kinds that a client is told ($2).
SELECT t.job_id, t.attempt, t.started_at, t.finished_at, t.outcome, t.reply_code, t.error
  FROM appointments a
  JOIN jobs j ON j.appointment_id = a.id
  JOIN job_attempts t ON t.job_id = j.id
 WHERE a.client_id = $1 AND j.kind = ANY ($2::text[])
 ORDER BY t.job_id, t.attempt;

-- name: delivery_reports
-- Those of mails to the doctor have the doctor's address.
SELECT id, job_id, appointment_id, event, is_permanent, status, detail, source, address, reported_at, settled_at
  FROM delivery_reports r
 WHERE client_id = $1
   AND NOT EXISTS (
       SELECT FROM jobs j WHERE j.id = r.job_id AND j.kind IN ('doctor_agenda_email', 'doctor_notice_email')
   )
 ORDER BY id;

-- name: suppressions
SELECT address, reason, created_by, created_at FROM suppressions WHERE address = $1;

-- name: answers
-- Kept for a day, for requests that are sent again.
SELECT route, key, answer, created_at
  FROM idempotency_keys
 WHERE client_id = $1 OR answer->>'client_id' = $1
 ORDER BY created_at;

-- name: streams
SELECT expires_at FROM stream_sessions WHERE client_id = $1 ORDER BY expires_at;

-- name: actions
-- By operators, where the record names the person ($1) or a job of theirs ($2).
SELECT at, operator, action, target, reason
  FROM operator_actions
 WHERE json_says(target, $1) OR reason ~* $1 OR target->>'jobId' = ANY ($2::text[])
 ORDER BY id;
