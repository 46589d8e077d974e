-- A database of the oldest schema (0001) with a long history, and a booking that every schema takes.

-- name: people
INSERT INTO doctors (id, name, timezone) SELECT n::text, 'Dr. Ada ' || n, 'Europe/Berlin' FROM generate_series(0, 2000) AS n;
INSERT INTO clients (id, email) SELECT 'client-' || n, n || '@patients.example' FROM generate_series(0, 9999) AS n;
ALTER TABLE appointments DROP CONSTRAINT appointments_no_double_booking;
SET session_replication_role = replica

-- name: appointments
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
SELECT gen_random_uuid(), (n % 2000 + 1)::text, 'client-' || n % 10000, at::date, at::time, 'Europe/Berlin', at, at + interval '30 minutes'
  FROM generate_series(1, $1::int) AS n
 CROSS JOIN LATERAL (SELECT timestamptz '2020-01-01' + n / 2000 * interval '30 minutes' AS at) AS slot

-- name: jobs
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, finished_at)
SELECT gen_random_uuid(), kind, 'high', state, id, client_id, starts_at, starts_at,
       CASE WHEN state IN ('succeeded', 'failed') THEN starts_at END
  FROM (
    SELECT a.id, a.client_id, a.starts_at, kind,
           CASE WHEN random() < 0.001 THEN 'failed'
                WHEN kind = 'appointment_reminder' AND random() < 0.2 THEN 'scheduled' ELSE 'succeeded' END AS state
      FROM appointments a, unnest(ARRAY['appointment_created_email', 'appointment_reminder']) AS kind
  ) AS planned

-- name: notifications
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
SELECT gen_random_uuid(), id, client_id, appointment_id, kind, 'Booked', 'With Dr. Ada' FROM jobs WHERE state = 'succeeded'

-- name: whole
SET session_replication_role = origin;
ALTER TABLE appointments ADD CONSTRAINT appointments_no_double_booking
    EXCLUDE USING gist (doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'booked');
ANALYZE

-- name: book
WITH booked AS (
    INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
    SELECT gen_random_uuid(), '0', 'client-1', at::date, at::time, 'Europe/Berlin', at, at + interval '30 minutes'
      FROM (SELECT timestamptz '2030-01-01' + $1::int * interval '30 minutes' AS at) AS slot
    RETURNING id, client_id
)
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after)
SELECT gen_random_uuid(), kind, 'high', 'scheduled', id, client_id, now(), now()
  FROM booked, unnest(ARRAY['appointment_created_email', 'appointment_reminder']) AS kind
