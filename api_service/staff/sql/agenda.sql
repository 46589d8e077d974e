-- Appointments of all clients, in the order of their starts.

-- name: agenda
-- A page, from the position ($7, $8) on, by the index appointments_by_start. $3: a day of the clinic's own calendar, whose
-- instants lie in [$1, $2).
SELECT a.*, c.name AS client_name, c.email AS client_email, c.phone AS client_phone, c.locale AS client_locale,
       c.timezone AS client_timezone
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
 WHERE a.starts_at AT TIME ZONE 'UTC' >= coalesce($1::timestamptz AT TIME ZONE 'UTC', '-infinity')
   AND a.starts_at AT TIME ZONE 'UTC' < coalesce($2::timestamptz AT TIME ZONE 'UTC', 'infinity')
   AND ($3::date IS NULL OR a.local_date = $3)
   AND ($4::text IS NULL OR a.doctor_id = $4)
   AND ($5::text IS NULL OR a.status = $5)
   AND ($6::boolean IS NULL OR a.attended = $6)
   AND (a.starts_at AT TIME ZONE 'UTC', a.id) > (coalesce($7::timestamptz AT TIME ZONE 'UTC', '-infinity'),
                                                 coalesce($8::uuid, '00000000-0000-0000-0000-000000000000'))
 ORDER BY a.starts_at AT TIME ZONE 'UTC', a.id
 LIMIT $9;

-- name: agenda_of_client
-- The same of the client $10. A statement of its own: one for both could not use the index appointments_of_client.
SELECT a.*, c.name AS client_name, c.email AS client_email, c.phone AS client_phone, c.locale AS client_locale,
       c.timezone AS client_timezone
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
 WHERE a.client_id = $10
   AND a.starts_at >= coalesce($1::timestamptz, '-infinity') AND a.starts_at < coalesce($2::timestamptz, 'infinity')
   AND ($3::date IS NULL OR a.local_date = $3)
   AND ($4::text IS NULL OR a.doctor_id = $4)
   AND ($5::text IS NULL OR a.status = $5)
   AND ($6::boolean IS NULL OR a.attended = $6)
   AND (a.starts_at, a.id) > (coalesce($7::timestamptz, '-infinity'),
                              coalesce($8::uuid, '00000000-0000-0000-0000-000000000000'))
 ORDER BY a.starts_at, a.id
 LIMIT $9;

-- name: one
SELECT a.*, c.name AS client_name, c.email AS client_email, c.phone AS client_phone, c.locale AS client_locale,
       c.timezone AS client_timezone
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
 WHERE a.id = $1;

-- name: of_ids
SELECT a.*, c.name AS client_name, c.email AS client_email, c.phone AS client_phone, c.locale AS client_locale,
       c.timezone AS client_timezone
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
 WHERE a.id = ANY ($1::uuid[]);

-- name: client
SELECT id AS client_id, name AS client_name, email AS client_email, phone AS client_phone, locale AS client_locale,
       timezone AS client_timezone
  FROM clients
 WHERE id = $1 AND erased_at IS NULL;

-- name: record_attendance
-- Of a row that is locked; the same answer once more changes nothing. No new version: the client is told nothing of it.
UPDATE appointments
   SET attended = $2, attended_at = now()
 WHERE id = $1 AND attended IS DISTINCT FROM $2
RETURNING id;

-- name: acts
-- What was done to an appointment, in the order of time; an act has the time of its transaction.
SELECT act, via, actor, at, starts_at, ends_at, previous_starts_at, previous_ends_at, message, request_id
  FROM appointment_acts
 WHERE appointment_id = $1
 ORDER BY at, version, id
 LIMIT 500;
