-- Jobs, appointments, clients and doctors by their ids, or a part of them.

-- name: by_id
-- Clients and doctors choose their ids freely: $1 is the id as text, $2 the same as a UUID, or null.
SELECT 'job' AS what, id::text, kind AS about FROM jobs WHERE id = $2
UNION ALL
SELECT 'appointment', id::text, local_date::text FROM appointments WHERE id = $2
UNION ALL
SELECT 'client', id, '' FROM clients WHERE id = $1
UNION ALL
SELECT 'doctor', id, name FROM doctors WHERE id = $1;

-- name: ends
-- The first and the last id that there is of jobs and appointments.
SELECT (SELECT id FROM jobs ORDER BY id LIMIT 1) AS first_job,
       (SELECT id FROM jobs ORDER BY id DESC LIMIT 1) AS last_job,
       (SELECT id FROM appointments ORDER BY id LIMIT 1) AS first_appointment,
       (SELECT id FROM appointments ORDER BY id DESC LIMIT 1) AS last_appointment;

-- name: by_last_digits
-- $4: the last eight digits; $2: the keys that appointments with them have in appointments_by_short_id (migration 0040); at most $3
-- of each. Jobs share seven of these digits with their appointment (shared/ids.py), so they are found through it.
(SELECT 'job' AS what, theirs.id::text, theirs.kind AS about
   FROM unnest($2::text[]) AS key
  CROSS JOIN LATERAL (
      -- limits: PostgreSQL would expect thousands in a range, and read all jobs
      SELECT id
        FROM appointments
       WHERE (left(id::text, 5) || right(id::text, 8)) COLLATE "C" BETWEEN left(key, 12) || '0' AND left(key, 12) || 'f'
       LIMIT 100
  ) AS near
  CROSS JOIN LATERAL (
      SELECT id, kind FROM jobs WHERE appointment_id = near.id AND right(id::text, 8) = $4 LIMIT 100
  ) AS theirs
  LIMIT $3)
UNION ALL
-- made by SQL or by release 0.1.0, with ids that share nothing; $1: the keys in jobs_with_digits_of_their_own (migration 0077)
(SELECT 'job', id::text, kind
   FROM jobs
  WHERE left(right(id::text, 8), 7) IS DISTINCT FROM left(right(appointment_id::text, 8), 7)
    AND (left(id::text, 5) || right(id::text, 8)) COLLATE "C" = ANY ($1::text[])
  LIMIT $3)
UNION ALL
(SELECT 'appointment', id::text, local_date::text
   FROM appointments
  WHERE (left(id::text, 5) || right(id::text, 8)) COLLATE "C" = ANY ($2::text[])
  LIMIT $3);

-- name: by_first_digits
-- Between the ids $1 and $2; at most $3 of each.
(SELECT 'job' AS what, id::text, kind AS about FROM jobs WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3)
UNION ALL
(SELECT 'appointment', id::text, local_date::text
   FROM appointments WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3);

-- name: by_beginning
-- Clients and doctors whose ids lie between the texts $1 and $2, compared by bytes; at most $3 of each.
(SELECT 'client' AS what, id, '' AS about
   FROM clients WHERE id ~>=~ $1 AND id ~<~ $2 ORDER BY id USING ~<~ LIMIT $3)
UNION ALL
(SELECT 'doctor', id, name
   FROM doctors WHERE id ~>=~ $1 AND id ~<~ $2 ORDER BY id USING ~<~ LIMIT $3);
