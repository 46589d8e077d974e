-- The keys of doctors' calendar feeds.

-- name: make
-- No row: there is no such doctor.
INSERT INTO doctor_feeds (doctor_id, key_hash, made_by)
SELECT id, $2, $3 FROM doctors WHERE id = $1
ON CONFLICT (doctor_id) DO UPDATE SET key_hash = excluded.key_hash, made_by = excluded.made_by, made_at = now()
RETURNING doctor_id;

-- name: revoke
DELETE FROM doctor_feeds WHERE doctor_id = $1 RETURNING doctor_id;
