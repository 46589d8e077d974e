-- The days of doctors. A day is the clinic's own: `local_date`, as it was booked. Its instants lie between -14 h and
-- +12 h of the same day in UTC, since zones differ so much; so $1 and $2 are wider than the day, and the date decides.
-- The exclusion constraint (migration 0016) finds booked appointments, an index of their own (0042) cancelled ones.

-- name: clinic_zones
-- The zones of doctors, the most frequent first.
SELECT timezone
  FROM (SELECT timezone FROM doctors ORDER BY id LIMIT 1000) AS sampled
 GROUP BY timezone
 ORDER BY count(*) DESC, timezone
 LIMIT 8;

-- name: doctors
-- Doctors by name, from the name $4 and the id $5 on, with how many appointments the day $3 has; no more than 500 of each
-- are counted.
SELECT d.id, d.name, d.timezone, coalesce(booked.appointments, 0)::int AS booked,
       coalesce(cancelled.appointments, 0)::int AS cancelled, booked.first_time, booked.last_time
  FROM (SELECT id, name, timezone FROM doctors WHERE (name, id) >= ($4, $5) ORDER BY name, id LIMIT $6) AS d
  LEFT JOIN LATERAL (
      SELECT count(*) AS appointments, min(local_time) AS first_time, max(local_time) AS last_time
        FROM (
          SELECT local_time FROM appointments
           WHERE doctor_id = d.id AND hashtextextended(doctor_id, 0) = hashtextextended(d.id, 0)
             AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($1, $2) AND local_date = $3
           LIMIT 500
        ) AS theirs
  ) AS booked ON true
  LEFT JOIN LATERAL (
      SELECT count(*) AS appointments
        FROM (
          SELECT FROM appointments
           WHERE doctor_id = d.id AND status = 'cancelled' AND starts_at >= $1 AND starts_at < $2 AND local_date = $3
           LIMIT 500
        ) AS theirs
  ) AS cancelled ON true
 ORDER BY d.name, d.id;

-- name: doctor
SELECT id, name, timezone FROM doctors WHERE id = $1;

-- name: visits
-- The appointments of a doctor ($4) on the day $3, in the order of time, and how each client's mails stand; no more than
-- $5 that are booked and as many that were cancelled, from the instant $1 on.
SELECT a.id, a.starts_at, a.local_time, a.status, a.attendance, a.client_id, c.email, mails.kinds, mails.states
  FROM (
    (SELECT id, starts_at, local_time, status, attendance, client_id FROM appointments
      WHERE doctor_id = $4 AND hashtextextended(doctor_id, 0) = hashtextextended($4, 0)
        AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($1, $2)
        AND starts_at >= $1 AND local_date = $3
      ORDER BY starts_at LIMIT $5)
    UNION ALL
    (SELECT id, starts_at, local_time, status, attendance, client_id FROM appointments
      WHERE doctor_id = $4 AND status = 'cancelled' AND starts_at >= $1 AND starts_at < $2 AND local_date = $3
      ORDER BY starts_at LIMIT $5)
  ) AS a
  JOIN clients c ON c.id = a.client_id
 CROSS JOIN LATERAL (
    SELECT array_agg(kind ORDER BY id) AS kinds, array_agg(state ORDER BY id) AS states
      FROM (SELECT id, kind, state
              FROM jobs
             WHERE appointment_id = a.id AND kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
             ORDER BY id DESC
             LIMIT 20) AS theirs
  ) AS mails
 ORDER BY a.starts_at, a.id
 LIMIT $5;
