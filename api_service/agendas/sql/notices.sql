-- Which doctor hears at once of changes of the day. The mails' jobs are made by triggers (migration 0072).

-- name: find
SELECT email, locale FROM doctor_notice_addresses WHERE doctor_id = $1;

-- name: put
-- No row: there is no such doctor.
INSERT INTO doctor_notice_addresses (doctor_id, email, locale)
SELECT id, $2, $3 FROM doctors WHERE id = $1
ON CONFLICT (doctor_id) DO UPDATE
   SET email = excluded.email, locale = excluded.locale, written_at = now()
RETURNING email, locale;

-- name: remove
DELETE FROM doctor_notice_addresses WHERE doctor_id = $1 RETURNING doctor_id;
