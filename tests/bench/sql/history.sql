-- What months of bookings leave behind, in chunks: of each, an appointment, a confirmation that was sent and a reminder
-- that was sent or waits.

-- name: prepare
-- Triggers and foreign keys are passed over: what they would check is right by construction.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.id_at(moment timestamptz, salt text) RETURNS uuid LANGUAGE sql AS $$
    -- ordered by time, as the services' own (RFC 9562, section 5.7)
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(salt), 1, 3) || '8'
            || substr(md5(salt), 4, 15))::uuid
$$;
CREATE TEMPORARY TABLE chunk (
    appointment_id uuid, confirmation_id uuid, reminder_id uuid, booked_at timestamptz, starts_at timestamptz,
    doctor_id text, client_id text, waits boolean
);
INSERT INTO clients (id, name, email, email_source)
SELECT 'seeded-' || n, 'Patient ' || n, 'seeded' || n || '@patients.example', 'token'
  FROM generate_series(0, 99999) AS n;

-- name: what_costs
-- Indexes that no key needs, and exclusions: how each goes and comes back. Built at the end, they cost a tenth.
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS create
  FROM pg_constraint
 WHERE contype = 'x'
 UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index
 WHERE indrelid = ANY (ARRAY['appointments', 'jobs', 'recorded_attempts', 'in_app_notifications']::regclass[])
   AND NOT indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);

-- name: chunk
-- Bookings $1 to $2 of $3, which were made one after the other in the last 90 days; $4 of them wait for their reminder.
INSERT INTO chunk
SELECT pg_temp.id_at(at.booked, 'a' || n), pg_temp.id_at(at.booked, 'c' || n), pg_temp.id_at(at.booked, 'r' || n),
       at.booked, now() + (n / 20 - ($3::bigint - $4::bigint) / 20) * interval '30 min' + interval '1 day',
       (n % 20 + 1)::text, 'seeded-' || n % 100000, n > $3::bigint - $4::bigint
  FROM generate_series($1::bigint, $2::bigint) AS n
 CROSS JOIN LATERAL (SELECT now() - interval '90 days' * (1 - n / $3::float8) AS booked) AS at;

-- name: appointments
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, status,
                          created_at, updated_at)
SELECT appointment_id, doctor_id, client_id, starts_at::date, starts_at::time, 'UTC', starts_at,
       starts_at + interval '30 min', 'booked', booked_at, booked_at
  FROM chunk;

-- name: confirmations
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, published_at, attempt,
                  created_at, started_at, finished_at, lease_owner, reply_code)
SELECT confirmation_id, 'appointment_created_email', 'high', 'succeeded', appointment_id, client_id, booked_at,
       booked_at, booked_at, 1, booked_at, booked_at, booked_at, 'history', 250
  FROM chunk;

-- name: reminders
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after,
                  published_at, attempt, created_at, started_at, finished_at, lease_owner, reply_code)
SELECT reminder_id, 'appointment_reminder', 'normal', CASE WHEN waits THEN 'scheduled' ELSE 'succeeded' END,
       appointment_id, client_id, starts_at - interval '1 hour', starts_at, starts_at - interval '1 hour',
       CASE WHEN NOT waits THEN booked_at END, CASE WHEN waits THEN 0 ELSE 1 END, booked_at,
       CASE WHEN NOT waits THEN booked_at END, CASE WHEN NOT waits THEN booked_at END,
       CASE WHEN NOT waits THEN 'history' END, CASE WHEN NOT waits THEN 250 END
  FROM chunk;

-- name: notifications
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body, created_at, read_at)
SELECT job_id, job_id, client_id, appointment_id, kind, 'Your appointment', 'With Dr. Ada, on a day that was agreed.',
       booked_at, booked_at
  FROM (
    SELECT confirmation_id AS job_id, 'appointment_created_email' AS kind, c.* FROM chunk AS c
     UNION ALL
    SELECT reminder_id, 'appointment_reminder', c.* FROM chunk AS c WHERE NOT waits
  ) AS told;

-- name: standing
-- What the triggers would have counted.
INSERT INTO job_standing (kind, state, jobs)
SELECT kind, state, count(*) FROM jobs WHERE is_final(state) GROUP BY kind, state;
