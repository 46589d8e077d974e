-- name: load
-- An act that is told has the id of its event, and the staff's words to the client.
-- The facts for the notifications of these jobs, for every channel. A notice of a move names the time that the
-- client was told last: by the newest mail that went out before the move, or else by the booking. It is the earlier
-- time of the first move after that mail. The move itself is of one transaction, and so of one time, with the job; a
-- job that sends again is younger, and its move is the last one. Unnested as in shared/jobs/sql/__init__.py.
SELECT j.id AS job_id, j.kind, j.channel, a.id AS appointment_id, a.local_date, a.local_time, a.timezone, a.starts_at,
       a.ends_at, a.reason, d.name AS doctor_name, d.specialty AS doctor_specialty, d.location AS doctor_location,
       c.id AS client_id, c.name AS client_name, c.email AS client_email, c.locale AS client_locale, j.lost, j.bound_to,
       d.id AS doctor_id, a.version, c.timezone AS client_timezone, act.previous_starts_at,
       act.previous_ends_at, said.message, g.day AS agenda_day, w.email AS doctor_email, w.locale AS doctor_locale
  FROM unnest((SELECT $1::uuid[])) AS wanted (job_id)
  JOIN jobs j ON j.id = wanted.job_id
  JOIN appointments a ON a.id = j.appointment_id
  JOIN doctors d ON d.id = a.doctor_id
  JOIN clients c ON c.id = a.client_id
  LEFT JOIN agendas g ON j.kind = 'doctor_agenda_email' AND g.job_id = j.id
  LEFT JOIN agenda_wishes w ON w.doctor_id = g.doctor_id
  LEFT JOIN appointment_acts said ON said.id = coalesce(j.event_id, j.id) AND j.kind <> 'appointment_reminder'
  LEFT JOIN LATERAL (
      SELECT untold.previous_starts_at, untold.previous_ends_at
        FROM (
          SELECT moved.at
            FROM appointment_acts moved
           WHERE j.kind = 'appointment_rescheduled_email'
             AND moved.appointment_id = j.appointment_id
             AND moved.act = 'moved'
             AND (moved.at = j.created_at OR j.resend_of IS NOT NULL AND moved.at <= j.created_at)
           ORDER BY moved.version DESC
           LIMIT 1
        ) AS news
       CROSS JOIN LATERAL (
          SELECT coalesce(max(told.created_at), '-infinity') AS at
            FROM jobs told
           WHERE told.appointment_id = j.appointment_id AND told.state = 'succeeded' AND told.created_at < news.at
             AND told.kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
        ) AS mailed
        JOIN appointment_acts untold
          ON untold.appointment_id = j.appointment_id
         AND untold.act = 'moved'
         AND untold.at > mailed.at
         AND untold.at <= news.at
       ORDER BY untold.version
       LIMIT 1
  ) AS act ON true;

-- name: held_times
-- The times that these jobs offer.
SELECT j.id AS job_id, h.starts_at, h.ends_at, h.local_date, h.local_time, h.timezone, h.held_until
  FROM jobs j
  JOIN held_times h ON h.offer_id = coalesce(j.event_id, j.id)
 WHERE j.id = ANY ($1::uuid[])
 ORDER BY j.id, h.starts_at;

-- name: agenda
-- The appointments that are still to begin on the days of these agendas, in order.
SELECT g.job_id, a.local_time, c.name AS client_name
  FROM agendas g
  JOIN appointments a ON a.doctor_id = g.doctor_id AND a.local_date = g.day
  JOIN clients c ON c.id = a.client_id
 WHERE g.job_id = ANY ($1::uuid[]) AND a.status = 'booked'
   AND a.starts_at > now() AND a.starts_at < now() + interval '2 days'
 ORDER BY g.job_id, a.starts_at, a.id;

-- name: doctor_notices
-- Where these notices to doctors go, and the time before that the doctor knew.
SELECT j.id AS job_id, d.email AS doctor_email, d.locale AS doctor_locale, n.previous_starts_at, n.previous_ends_at,
       a.status = 'cancelled' AS is_cancelled
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  LEFT JOIN doctor_notices n ON n.appointment_id = a.id
  LEFT JOIN doctor_notice_addresses d ON d.doctor_id = a.doctor_id
 WHERE j.id = ANY ($1::uuid[]);
