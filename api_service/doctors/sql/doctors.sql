-- Doctors; every change counts the version up, so that bookings checked against the old hours are refused.

-- name: one
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
       reminder_offsets
  FROM doctors
 WHERE id = $1;

-- name: one_to_change
-- The same, held against other changes until the transaction ends.
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
       reminder_offsets
  FROM doctors
 WHERE id = $1
   FOR NO KEY UPDATE;

-- name: one_to_rely_on
-- The same, held as it is until the transaction ends.
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
       reminder_offsets
  FROM doctors
 WHERE id = $1
   FOR SHARE;

-- name: named
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
       reminder_offsets
  FROM doctors
 WHERE id = ANY ($1::text[]);

-- name: list
-- A page of all doctors by name.
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
       reminder_offsets
  FROM doctors
 WHERE $1::text IS NULL OR (name, id) > ($1, $2)
 ORDER BY name, id
 LIMIT $3;

-- name: put
INSERT INTO doctors (id, name, specialty, timezone, location, slot_minutes, hours, days_off, reminder_offsets)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9)
ON CONFLICT (id) DO UPDATE
   SET name = excluded.name,
       specialty = excluded.specialty,
       timezone = excluded.timezone,
       location = excluded.location,
       slot_minutes = excluded.slot_minutes,
       hours = excluded.hours,
       days_off = excluded.days_off,
       reminder_offsets = excluded.reminder_offsets,
       version = doctors.version + 1,
       updated_at = now()
RETURNING id, name, specialty, timezone, location, slot_minutes, hours, days_off, version,
          reminder_offsets;

-- name: taken
-- When a doctor is booked between two instants, but for one appointment. The hash finds the index (migration 0016). Also
-- the times that are held for the clients of other appointments (migration 0053), but for those that are held for both.
SELECT starts_at, ends_at
  FROM appointments
 WHERE doctor_id = $1 AND hashtextextended(doctor_id, 0) = hashtextextended($1, 0)
   AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)
   AND id IS DISTINCT FROM $4::uuid
UNION ALL
SELECT h.starts_at, h.ends_at
  FROM held_times h
 WHERE h.doctor_id = $1 AND h.held_until > now() AND h.starts_at > $2::timestamptz - interval '1 day'
   AND h.starts_at < $3 AND h.ends_at > $2
   AND h.appointment_id IS DISTINCT FROM $4::uuid
   AND NOT EXISTS (
       SELECT
         FROM held_times own
        WHERE own.appointment_id = $4::uuid AND own.held_until > now()
          AND own.starts_at = h.starts_at AND own.ends_at = h.ends_at
   );

-- name: booked_from
-- Booked appointments of a doctor that have not ended at $2, those that start before $3, after the position ($4, $5) in
-- the order of their starts. The hash finds the index (migration 0016).
SELECT id, starts_at, ends_at
  FROM appointments
 WHERE doctor_id = $1 AND hashtextextended(doctor_id, 0) = hashtextextended($1, 0)
   AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)
   AND (starts_at, id) > (coalesce($4::timestamptz, '-infinity'), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
 ORDER BY starts_at, id
 LIMIT $6;
