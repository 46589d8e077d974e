-- What operators look at, beside the history of history.sql: jobs in every state, failures by cause, a client with tens of
-- thousands of jobs, dead letters, suppressions, reports, acts. All of it is skewed, as life is.

-- name: prepare
-- Triggers and foreign keys are passed over: what they would check is right by construction.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.id_at(moment timestamptz, salt text) RETURNS uuid LANGUAGE sql AS $$
    -- ordered by time, as the services' own (RFC 9562, section 5.7)
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(salt), 1, 3) || '8'
            || substr(md5(salt), 4, 15))::uuid
$$;
CREATE TEMPORARY TABLE sampled AS
SELECT row_number() OVER () AS n, id, client_id
  FROM (SELECT id, client_id FROM appointments TABLESAMPLE SYSTEM (10) LIMIT 100000) AS a_tenth;
CREATE UNIQUE INDEX ON sampled (n);
ANALYZE sampled;
CREATE TEMPORARY TABLE causes AS
SELECT n, CASE WHEN n % 3 = 0 THEN '550 5.' || n % 8 || '.' || n % 40 || ' <someone@patients.example> is not known here'
               WHEN n % 3 = 1 THEN '45' || n % 3 || ' 4.' || n % 8 || '.' || n % 40 || ' try again later'
               ELSE 'ServerTimeout: no answer to the command ' || chr(65 + (n % 26)::int) || chr(65 + (n / 26)::int) END AS error
  FROM generate_series(0, 59) AS n;

-- name: jobs
-- $1 jobs of a state ($2), by one of sixty causes where they are in trouble: cause 0 has an eighth of all, the last ones
-- few. Due $3 and later, within a span ($4); parked where $5.
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after, published_at,
                  attempt, error, error_group, reason, created_at, started_at, finished_at, lease_owner, lease_until,
                  parked_since)
SELECT pg_temp.id_at(created, $2 || ($5::boolean) || n), kind, CASE WHEN kind = 'appointment_reminder' THEN 'normal' ELSE 'high' END,
       $2, appointment_id, client_id, due, due + interval '1 day', due, CASE WHEN $2 <> 'scheduled' THEN due END,
       CASE WHEN $2 IN ('scheduled', 'enqueued', 'cancelled') THEN 0 ELSE 1 END,
       CASE WHEN $5::boolean OR $2 IN ('failed', 'retrying') THEN error END,
       CASE WHEN $2 = 'failed' THEN job_error_group(error) END,
       CASE WHEN $2 = 'skipped' THEN CASE WHEN n % 3 = 0 THEN 'address suppressed' ELSE 'expired' END
            WHEN $2 = 'cancelled' THEN 'the appointment was moved' END,
       created,
       CASE WHEN $2 IN ('processing', 'failed', 'skipped') THEN due END,
       CASE WHEN $2 IN ('failed', 'skipped', 'cancelled') THEN due + interval '2 seconds' END,
       CASE WHEN $2 = 'processing' THEN 'bench' END,
       CASE WHEN $2 = 'processing' THEN due + interval '5 min' END,
       CASE WHEN $5::boolean THEN now() END
  FROM (
    SELECT g.n, CASE g.n % 10 WHEN 0 THEN 'appointment_rescheduled_email' WHEN 1 THEN 'appointment_cancelled_email'
                          WHEN 2 THEN 'appointment_created_email' ELSE 'appointment_reminder' END AS kind,
           s.id AS appointment_id, s.client_id, c.error, at.due,
           least(at.due, now()) - interval '1 hour' AS created
      FROM generate_series(1, $1::bigint) AS g (n)
      JOIN sampled s ON s.n = g.n % (SELECT count(*) FROM sampled) + 1
     CROSS JOIN LATERAL (SELECT (power((g.n * 7919 % 10007) / 10007.0, 3) * 60)::int % 60 AS place) AS pick
      JOIN causes c ON c.n = pick.place
     CROSS JOIN LATERAL (SELECT $3::timestamptz + $4::interval * power((g.n % 9973) / 9973.0, 4)::float8 AS due) AS at
  ) AS planned;

-- name: busy_client
-- A client ($1) with $2 appointments, one each half hour, two jobs each, and what the app has told of them.
INSERT INTO clients (id, name, email, email_source) VALUES ($1, 'A whole company', $1 || '@patients.example', 'token');

-- name: busy_doctor
INSERT INTO doctors (id, name, timezone) VALUES ($1, 'Dr. Always', 'UTC');

-- name: busy_appointments
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, status,
                          created_at, updated_at)
SELECT pg_temp.id_at(booked, $1 || n), $1, $1, starts::date, starts::time, 'UTC', starts, starts + interval '30 min',
       'booked', booked, booked
  FROM generate_series(1, $2::bigint) AS n
 CROSS JOIN LATERAL (SELECT date_trunc('day', now()) + (n - $2) * interval '30 min' AS starts,
                            now() - interval '89 days' * (1 - n::float8 / $2) AS booked) AS at;

-- name: busy_jobs
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, published_at, attempt,
                  created_at, started_at, finished_at)
SELECT pg_temp.id_at(a.created_at, k.kind || a.id), k.kind, k.priority, 'succeeded', a.id, a.client_id, a.created_at,
       a.created_at, a.created_at, 1, a.created_at, a.created_at, a.created_at + interval '1 second'
  FROM appointments a,
       (VALUES ('appointment_created_email', 'high'), ('appointment_reminder', 'normal')) AS k (kind, priority)
 WHERE a.client_id = $1;

-- name: busy_notifications
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body, created_at)
SELECT id, id, client_id, appointment_id, kind, 'Your appointment', 'With Dr. Always.', created_at
  FROM jobs
 WHERE appointment_id = ANY (ARRAY(SELECT id FROM appointments WHERE client_id = $1));

-- name: throughput
-- Ninety days by hour, two by minute.
INSERT INTO job_throughput (unit, bucket, kind, state, jobs)
SELECT unit, bucket, kind, state, CASE state WHEN 'failed' THEN 3 ELSE 300 END
  FROM (SELECT 'hour' AS unit, generate_series(date_trunc('hour', now(), 'UTC') - interval '90 days', now(), '1 hour') AS bucket
        UNION ALL
        SELECT 'minute', generate_series(date_trunc('hour', now(), 'UTC') - interval '2 days', now(), '1 minute')) AS b,
       unnest(ARRAY['appointment_created_email', 'appointment_reminder', 'appointment_cancelled_email']) AS kind,
       unnest(ARRAY['succeeded', 'failed', 'skipped', 'cancelled']) AS state;

-- name: dead_letters
INSERT INTO dead_letters (id, received_at, queue, reason, detail, routing_key, content_type, headers, properties, body)
SELECT pg_temp.id_at(at, 'letter' || n), at, 'notifications.high', CASE WHEN n % 1000 = 0 THEN 'rejected' ELSE 'invalid' END,
       'not JSON', 'high', 'application/json', '{}', '{}', convert_to(repeat('not json ', 50), 'UTF8')
  FROM generate_series(1, $1::bigint) AS n
 CROSS JOIN LATERAL (SELECT now() - interval '60 days' * (1 - n::float8 / $1) AS at) AS moment;

-- name: suppressions
INSERT INTO suppressions (id, address, reason, created_by, created_at)
SELECT pg_temp.id_at(at, 'suppressed' || n), 'seeded' || n || '@patients.example',
       CASE WHEN n % 5000 = 1 THEN 'complained by telephone' ELSE 'mail came back' END, 'bench', at
  FROM generate_series(1, $1::bigint) AS n
 CROSS JOIN LATERAL (SELECT now() - interval '60 days' * (1 - n::float8 / $1) AS at) AS moment;

-- name: reports
-- Half of their addresses are suppressed.
INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, status, source, address, reported_at)
SELECT pg_temp.id_at(at, 'report' || g.n), pg_temp.id_at(at, 'reported' || g.n), s.id, s.client_id, 'returned', g.n % 10 <> 0,
       '5.1.1', 'bench', 'seeded' || g.n % (2 * $2::bigint) || '@patients.example', at
  FROM generate_series(1, $1::bigint) AS g (n)
  JOIN sampled s ON s.n = g.n % (SELECT count(*) FROM sampled) + 1
 CROSS JOIN LATERAL (SELECT now() - interval '60 days' * (1 - g.n::float8 / $1) AS at) AS moment;

-- name: actions
INSERT INTO operator_actions (id, at, operator, action, target, matched, changed, reason)
SELECT pg_temp.id_at(at, 'action' || n), at, CASE WHEN n = 1 THEN 'once' ELSE 'operator-' || n % 5 END,
       CASE n % 7 WHEN 0 THEN 'requeue_many' WHEN 1 THEN 'cancel' ELSE 'requeue' END,
       jsonb_build_object('filter', jsonb_build_object('errorGroup', 'SMTP 550 5.' || n % 8 || '.' || n % 40)), 1, 1, 'bench'
  FROM generate_series(1, $1::bigint) AS n
 CROSS JOIN LATERAL (SELECT now() - interval '60 days' * (1 - n::float8 / $1) AS at) AS moment;

-- name: standing
-- What the triggers would have counted.
INSERT INTO job_standing (kind, state, jobs)
SELECT kind, state, count(*) FROM jobs WHERE is_final(state) GROUP BY kind, state
ON CONFLICT (kind, state) DO UPDATE SET jobs = excluded.jobs;
