-- The message that an act on a job would send, and the later messages to the client.

-- name: facts
-- Of few jobs ($1), in the order of their ids.
SELECT j.id, j.kind, j.created_at, j.appointment_id, a.local_date, a.local_time, a.starts_at, a.timezone, d.name AS doctor,
       c.name, recipient_address(j.kind, a.doctor_id, c.email) AS email,
       CASE j.kind
           WHEN 'doctor_agenda_email' THEN (SELECT coalesce(w.locale, '') FROM agenda_wishes w WHERE w.doctor_id = a.doctor_id)
           WHEN 'doctor_notice_email' THEN (SELECT coalesce(w.locale, '') FROM doctor_notice_addresses w WHERE w.doctor_id = a.doctor_id)
           ELSE c.locale
       END AS locale,
       a.status = 'cancelled' AS is_cancelled,
       EXISTS (
           SELECT FROM doctor_notices n WHERE n.appointment_id = a.id AND n.previous_starts_at IS NOT NULL
       ) AS was_moved
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = j.client_id
 WHERE j.id = ANY ($1::uuid[])
 ORDER BY j.id;

-- name: heard
-- Mails about the appointment $1 that their server took after $2, without the job $3, and the notifications in the app
-- since then.
SELECT kind, finished_at AS at, channel, NULL::timestamptz AS read_at
  FROM jobs
 WHERE appointment_id = $1 AND state = 'succeeded' AND finished_at > $2 AND id <> $3
   AND kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
UNION ALL
SELECT kind, created_at, 'app', read_at
  FROM in_app_notifications
 WHERE appointment_id = $1 AND created_at > $2
 ORDER BY at
 LIMIT 50;
