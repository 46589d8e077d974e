-- Doctors; every change counts the version up, so that bookings checked against the old hours are refused.

-- name: one
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version
  FROM doctors
 WHERE id = $1;

-- name: list
-- A page of all doctors by name.
SELECT id, name, specialty, timezone, location, slot_minutes, hours, days_off, version
  FROM doctors
 WHERE $1::text IS NULL OR (name, id) > ($1, $2)
 ORDER BY name, id
 LIMIT $3;

-- name: put
INSERT INTO doctors (id, name, specialty, timezone, location, slot_minutes, hours, days_off)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
ON CONFLICT (id) DO UPDATE
   SET name = excluded.name,
       specialty = excluded.specialty,
       timezone = excluded.timezone,
       location = excluded.location,
       slot_minutes = excluded.slot_minutes,
       hours = excluded.hours,
       days_off = excluded.days_off,
       version = doctors.version + 1,
       updated_at = now()
RETURNING id, name, specialty, timezone, location, slot_minutes, hours, days_off, version;

-- name: taken
-- When a doctor is booked between two instants, but for one appointment. The hash finds the index (migration 0016).
SELECT starts_at, ends_at
  FROM appointments
 WHERE doctor_id = $1 AND hashtextextended(doctor_id, 0) = hashtextextended($1, 0)
   AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)
   AND id IS DISTINCT FROM $4::uuid;
