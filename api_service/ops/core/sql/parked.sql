-- Mails that wait for a mail server, and how fast they are let go.

-- name: parked
-- The first $1 by due time, with why the claim would skip them (shared/jobs/sql/claiming.sql).
SELECT j.id, j.kind, j.priority, j.appointment_id, j.parked_since, a.starts_at,
       recipient_address(j.kind, a.doctor_id, c.email) AS email,
       CASE
           WHEN a.status = 'cancelled' AND j.kind NOT IN ('appointment_cancelled_email', 'doctor_agenda_email', 'doctor_notice_email') THEN 'cancelled'
           WHEN j.revision < a.revision THEN 'moved'
           WHEN j.expires_at <= now() THEN 'begun'
           WHEN j.kind = 'appointment_reminder' AND NOT c.email_reminders THEN 'optedOut'
       END AS excluded
  FROM (
    SELECT id FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled'
     ORDER BY due_at, id
     LIMIT $1
  ) AS oldest
  JOIN jobs j ON j.id = oldest.id
  JOIN appointments a ON a.id = j.appointment_id
  JOIN clients c ON c.id = j.client_id
 ORDER BY a.starts_at, j.id;

-- name: pace
SELECT per_second, set_by, set_at, reason FROM parked_release;

-- name: set_pace
INSERT INTO parked_release (per_second, set_by, reason)
VALUES ($1, $2, $3)
ON CONFLICT (is_only) DO UPDATE
   SET per_second = excluded.per_second, set_by = excluded.set_by, set_at = now(), reason = excluded.reason;

-- name: forget_pace
DELETE FROM parked_release RETURNING per_second;
