-- Calendar feeds of doctors.

-- name: key
SELECT key_hash FROM doctor_feeds WHERE doctor_id = $1;

-- name: appointments
-- Booked ones from 30 days ago on. The hash finds the index (migration 0016).
SELECT a.id, a.version, a.starts_at, a.ends_at, greatest(a.updated_at, c.updated_at) AS updated_at, c.name
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
 WHERE a.doctor_id = $1 AND hashtextextended(a.doctor_id, 0) = hashtextextended($1, 0)
   AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(now() - interval '30 days', NULL)
 ORDER BY a.starts_at, a.id
 LIMIT $2;
