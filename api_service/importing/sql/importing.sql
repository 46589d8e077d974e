-- Imported appointments. Each batch is one transaction: clients, appointments with their jobs (by `book`), and these rows.

-- name: one_at_a_time
-- Until the transaction ends. Of two imports at once, the second sees what the first has committed, so the look for known rows
-- is enough to import nothing twice.
SELECT pg_advisory_xact_lock(hashtextextended('api-service import', 0));

-- name: known
-- Those of the digests $2 that were imported from the source $1, with a digest of their facts.
SELECT digest, facts FROM imported_appointments WHERE source = $1 AND digest = ANY ($2::bytea[]);

-- name: addressed
-- Those of the clients $1 to whom mail can be sent.
SELECT id FROM clients WHERE id = ANY ($1::text[]) AND email IS NOT NULL;

-- name: occupied
-- Those of the wanted times (place $1, doctor $2, from $3 to $4) that somebody has. The hash finds the index (migration 0016).
-- LIMIT 1 keeps it one search in the index for each time: joined as a whole, every appointment of a doctor meets every row.
SELECT w.place
  FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS w (place, doctor_id, starts_at, ends_at)
 CROSS JOIN LATERAL (
    SELECT
      FROM appointments a
     WHERE a.doctor_id = w.doctor_id AND hashtextextended(a.doctor_id, 0) = hashtextextended(w.doctor_id, 0)
       AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(w.starts_at, w.ends_at)
     LIMIT 1
 ) AS taken;

-- name: complete_clients
-- Makes clients known, and fills in whatever is not known of them. Whoever is known keeps their data: their token, the operators
-- and they themselves know better than a file. An imported address is replaced by that of a token, as any address of a token. A file
-- brings no erased person back.
INSERT INTO clients (id, email, email_source, name, phone, locale, timezone)
SELECT id, email, CASE WHEN email IS NOT NULL THEN 'token' END, name, phone, coalesce(locale, 'en'), timezone
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS c (id, email, name, phone, locale, timezone)
 WHERE NOT EXISTS (SELECT FROM erased_clients WHERE form = erased_form(c.id, (SELECT key FROM erasure_key)))
 ORDER BY id
ON CONFLICT (id) DO UPDATE
   SET email = coalesce(clients.email, excluded.email),
       email_source = coalesce(clients.email_source, excluded.email_source),
       name = coalesce(clients.name, excluded.name),
       phone = coalesce(clients.phone, excluded.phone),
       timezone = coalesce(clients.timezone, excluded.timezone),
       updated_at = now()
 WHERE clients.email IS NULL AND excluded.email IS NOT NULL
    OR clients.name IS NULL AND excluded.name IS NOT NULL
    OR clients.phone IS NULL AND excluded.phone IS NOT NULL
    OR clients.timezone IS NULL AND excluded.timezone IS NOT NULL;

-- name: note_imported
-- The appointments $4 were imported from the source $1; their history begins with that, by the staff ($5: ids, $6: the actor).
WITH noted AS (
    INSERT INTO imported_appointments (source, digest, foreign_id, appointment_id, facts)
    SELECT $1, i.digest, i.foreign_id, i.appointment_id, i.facts
      FROM unnest($2::bytea[], $3::text[], $4::uuid[], $7::bytea[]) AS i (digest, foreign_id, appointment_id, facts)
)
INSERT INTO appointment_acts (id, appointment_id, act, via, actor, version, starts_at, ends_at, request_id)
SELECT act.id, a.id, 'booked', 'staff', $6, a.version, a.starts_at, a.ends_at, $8
  FROM unnest($5::uuid[], $4::uuid[]) AS act (id, appointment_id)
  JOIN appointments a ON a.id = act.appointment_id;

-- name: tellings
-- What the imported appointments of the source $1 with the digests $2 tell: every job that says, or may still say, that they are
-- booked or near. Nothing of one that is no longer booked here, or has no such job.
SELECT i.digest, a.status, a.starts_at, j.kind, j.due_at, j.state
  FROM imported_appointments i
  JOIN appointments a ON a.id = i.appointment_id
  LEFT JOIN jobs j ON j.appointment_id = a.id AND j.kind IN ('appointment_created_email', 'appointment_reminder')
 WHERE i.source = $1 AND i.digest = ANY ($2::bytea[]);
