-- Past and future messages about an appointment.

-- name: of_appointment
-- Its jobs with the results of their mails, in the order of their times.
SELECT j.kind, j.channel, j.state, j.due_at,
       CASE WHEN j.state = 'succeeded' THEN j.finished_at END AS sent_at,
       r.reported_at AS returned_at
  FROM appointments a
  JOIN jobs j ON j.appointment_id = a.id
  LEFT JOIN delivery_reports r ON r.job_id = j.id AND r.event = 'returned'
 WHERE a.id = $1 AND a.client_id = $2 AND j.kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
 ORDER BY j.due_at, j.id
 LIMIT 500;
