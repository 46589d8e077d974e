-- Agendas of doctors' days.

-- name: wishes
-- Of all doctors who want one.
SELECT w.doctor_id, w.send_at, d.timezone FROM agenda_wishes w JOIN doctors d ON d.id = w.doctor_id ORDER BY w.doctor_id;

-- name: plan
-- → scheduled: a job for the agenda of the doctor $1 on the day $2, due at $3, unless somebody has planned it, or nobody is
-- booked who has not begun. It expires at $5, when the day ends: its claim looks whether an appointment is still to begin, also one
-- that was booked since. It tells of no revision: it has the facts of its sending. $4: the job's id.
WITH day AS (
    SELECT id, client_id, starts_at
      FROM appointments a
     WHERE a.doctor_id = $1 AND a.local_date = $2 AND a.status = 'booked' AND a.starts_at > now()
       AND a.starts_at > $3::timestamptz - interval '2 days' AND a.starts_at < $3::timestamptz + interval '2 days'
), first AS (
    SELECT id, client_id FROM day ORDER BY starts_at, id LIMIT 1
), planned AS (
    INSERT INTO agendas (doctor_id, day, job_id)
    SELECT $1, $2, $4 FROM first
    ON CONFLICT (doctor_id, day) DO NOTHING
    RETURNING job_id
)
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after, channel)
SELECT planned.job_id, 'doctor_agenda_email', 'normal', 'scheduled', first.id, first.client_id,
       greatest($3::timestamptz, now()), $5::timestamptz, greatest($3::timestamptz, now()), 'email'
  FROM planned, first
RETURNING id;

-- name: forget
-- Agendas of long ago: their days do not come again.
DELETE FROM agendas WHERE day < current_date - 30;

-- name: wish
SELECT email, send_at, locale FROM agenda_wishes WHERE doctor_id = $1;

-- name: put
-- No row: there is no such doctor.
INSERT INTO agenda_wishes (doctor_id, email, send_at, locale)
SELECT id, $2, $3, $4 FROM doctors WHERE id = $1
ON CONFLICT (doctor_id) DO UPDATE
   SET email = excluded.email, send_at = excluded.send_at, locale = excluded.locale, written_at = now()
RETURNING email, send_at, locale;

-- name: remove
DELETE FROM agenda_wishes WHERE doctor_id = $1 RETURNING doctor_id;
