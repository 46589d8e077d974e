-- Appointments; a change of one and of its jobs is always one transaction.

-- name: book
-- Several bookings at once, each judged for itself: one that fails does not fail its neighbours. In one
-- statement the client is made known, the appointment is written, and its jobs are created as job_store's
-- `create` does. The doctor's version is the one whose hours and zone the caller has checked. The token's
-- address counts unless ops has set one. Inserted in the order of doctor and time, so that two batches wait for
-- each other's slots instead of deadlocking. $23: most appointments ahead of one client; statements that run at the same
-- moment do not see each other, so it may be passed by as many as they book.
-- An idempotency key is kept with its booking, or not at all. A duplicate waits for the first one's slot, in this
-- process or another; one that would get past it (another time, or the first was cancelled) violates the key's
-- uniqueness, which takes its booking back. Hence no ON CONFLICT there, and keys in order, after the slots.
-- $26: who of the staff books for the client; null: the client does. Then the key is the staff's, the limit does not count, and
-- the log has an act with the event's id and the words ($27) for the mail.
-- Unnested as in shared/jobs/sql/__init__.py.
WITH wanted AS (
    SELECT *
      FROM unnest((SELECT $1::uuid[]), $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::date[], $8::time[],
                  $9::text[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::text[], $14::text[],
                  $15::text[], $16::bytea[], $26::text[], $27::text[])
        AS w (id, client_id, client_email, client_name, doctor_id, doctor_version, local_date, local_time,
              timezone, starts_at, ends_at, reason, request_id, traceparent, idempotency_key, fingerprint, actor, message)
), gone AS (
    -- a token that still names an erased person; asked for new clients alone
    SELECT w.id
      FROM wanted w
      JOIN erased_clients e ON e.form = erased_form(w.client_id, (SELECT key FROM erasure_key))
     WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = w.client_id)
), known AS (
    INSERT INTO clients (id, name, email, email_source)
    SELECT DISTINCT ON (w.client_id) w.client_id, w.client_name, w.client_email, 'token'
      FROM wanted w
      LEFT JOIN clients c ON c.id = w.client_id
     WHERE w.client_email IS NOT NULL
       AND NOT EXISTS (SELECT FROM gone WHERE gone.id = w.id)
       AND (c.id IS NULL OR (c.email_source IS DISTINCT FROM 'ops' AND c.email IS DISTINCT FROM w.client_email))
     ORDER BY w.client_id
    ON CONFLICT (id) DO UPDATE
       SET email = excluded.email, email_source = 'token', updated_at = now()
     WHERE clients.email_source IS DISTINCT FROM 'ops' AND clients.erased_at IS NULL
), judged AS (
    SELECT w.*,
           CASE
               WHEN w.idempotency_key IS NOT NULL AND EXISTS (
                   SELECT FROM idempotency_keys k
                    WHERE k.client_id = coalesce(w.actor, w.client_id)
                      AND k.route = CASE WHEN w.actor IS NULL THEN 'POST /api/client/appointments'
                                         ELSE 'POST /api/staff/appointments' END
                      AND k.key = w.idempotency_key
               ) THEN 'answered'
               WHEN c.erased_at IS NOT NULL OR EXISTS (SELECT FROM gone WHERE gone.id = w.id) THEN 'erased'
               WHEN d.version IS DISTINCT FROM w.doctor_version THEN 'doctor_changed'
               WHEN coalesce(w.client_email, c.email) IS NULL THEN 'no_address'
               WHEN w.actor IS NULL AND $23::int IS NOT NULL AND $23 <= (
                   SELECT count(*)
                     FROM (SELECT
                             FROM (
                                 -- OFFSET 0: planned while the table was empty, the status alone would lead to the index
                                 -- of all booked appointments
                                 SELECT a.status FROM appointments a
                                  WHERE a.client_id = w.client_id AND a.starts_at > now()
                                 OFFSET 0
                             ) AS theirs
                            WHERE theirs.status = 'booked'
                            LIMIT $23) AS ahead
               ) + (SELECT count(*) FROM wanted other WHERE other.client_id = w.client_id AND other.id < w.id)
                   THEN 'too_many'
               ELSE 'taken'
           END AS otherwise
      FROM wanted w
      LEFT JOIN doctors d ON d.id = w.doctor_id
      LEFT JOIN clients c ON c.id = w.client_id
), booked AS (
    INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, reason)
    SELECT id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, reason
      FROM judged
     WHERE otherwise = 'taken'
     ORDER BY doctor_id, starts_at, id
    ON CONFLICT DO NOTHING
    RETURNING id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, status, reason, version,
              created_at, updated_at
), planned AS (
    SELECT job.*, booked.client_id, booked.starts_at,
           booked.starts_at - make_interval(secs => job.seconds_before) AS due_at
      FROM unnest((SELECT $17::uuid[]), $18::uuid[], $19::text[], $20::text[], $21::float8[], $24::text[],
                  $25::uuid[])
        AS job (id, appointment_id, kind, priority, seconds_before, channel, event_id)
      JOIN booked ON booked.id = job.appointment_id
), created AS (
    INSERT INTO jobs (id, kind, priority, state, reason, appointment_id, client_id, due_at, expires_at,
                      publish_after, published_at, request_id, traceparent, finished_at, revision, channel, event_id)
    SELECT p.id, p.kind, p.priority,
           CASE WHEN p.due_at <= now() THEN 'skipped' ELSE 'scheduled' END,
           CASE WHEN p.due_at <= now() THEN 'its time had passed when it was booked' END,
           p.appointment_id, p.client_id, coalesce(p.due_at, now()),
           CASE WHEN p.due_at IS NOT NULL THEN p.starts_at END,
           coalesce(p.due_at, now() + make_interval(secs => $22)), CASE WHEN p.due_at IS NULL THEN now() END, w.request_id, w.traceparent,
           CASE WHEN p.due_at <= now() THEN now() END, 1, p.channel, p.event_id
      FROM planned p
      JOIN wanted w ON w.id = p.appointment_id
    RETURNING id, kind, state, due_at, attempt, appointment_id, request_id, traceparent, channel
), kept AS (
    INSERT INTO idempotency_keys (client_id, route, key, fingerprint, answer)
    SELECT coalesce(w.actor, w.client_id),
           CASE WHEN w.actor IS NULL THEN 'POST /api/client/appointments' ELSE 'POST /api/staff/appointments' END,
           w.idempotency_key, w.fingerprint,
           to_jsonb(booked) || jsonb_build_object('jobs', (
               SELECT jsonb_agg(jsonb_build_object('id', j.id, 'kind', j.kind, 'state', j.state, 'due_at', j.due_at)
                                ORDER BY j.due_at, j.id)
                 FROM created j
                WHERE j.appointment_id = booked.id
           ))
      FROM wanted w
      JOIN booked ON booked.id = w.id
     WHERE w.idempotency_key IS NOT NULL
     ORDER BY coalesce(w.actor, w.client_id), w.idempotency_key
), noted AS (
    INSERT INTO appointment_acts (id, appointment_id, act, via, actor, version, starts_at, ends_at, message, request_id)
    SELECT p.id, w.id, 'booked', 'staff', w.actor, 1, w.starts_at, w.ends_at, w.message, w.request_id
      FROM planned p
      JOIN wanted w ON w.id = p.appointment_id
     WHERE w.actor IS NOT NULL AND p.kind = 'appointment_created_email' AND p.event_id IS NULL
)
SELECT judged.id AS wanted_id, CASE WHEN booked.id IS NULL THEN judged.otherwise ELSE 'booked' END AS outcome,
       booked.created_at, created.*
  FROM judged
  LEFT JOIN booked ON booked.id = judged.id
  LEFT JOIN created ON created.appointment_id = judged.id
 ORDER BY created.due_at, created.id;

-- name: occupant
-- The appointment that holds a doctor's time. The hash finds the index (migration 0016).
SELECT id, client_id
  FROM appointments
 WHERE doctor_id = $1 AND hashtextextended(doctor_id, 0) = hashtextextended($1, 0)
   AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($2, $3);

-- name: of_client
-- One appointment of a client.
SELECT * FROM appointments WHERE id = $1 AND client_id = $2;

-- name: lock
-- The same, held until the transaction ends. NO KEY is enough: its id never changes.
SELECT *, starts_at <= now() AS begun FROM appointments WHERE id = $1 AND client_id = $2 FOR NO KEY UPDATE;

-- name: lock_any
-- The same for the staff, whoever's it is.
SELECT *, starts_at <= now() AS begun FROM appointments WHERE id = $1 FOR NO KEY UPDATE;

-- name: list
-- A page of a client's appointments, the latest first.
SELECT *
  FROM appointments
 WHERE client_id = $1
   AND ($2::text IS NULL OR status = $2)
   AND ($3::timestamptz IS NULL OR starts_at >= $3)
   AND ($4::timestamptz IS NULL OR starts_at < $4)
   AND ($5::timestamptz IS NULL OR (starts_at, id) < ($5, $6::uuid))
 ORDER BY starts_at DESC, id DESC
 LIMIT $7;

-- name: jobs
-- The jobs of these appointments that tell the client.
SELECT id, appointment_id, kind, state, due_at, channel
  FROM jobs
 WHERE appointment_id = ANY ($1::uuid[]) AND kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
 ORDER BY due_at, id;

-- name: move
-- A new time or reason, of a row that is locked; the exclusion constraint says when the time is taken.
UPDATE appointments
   SET local_date = $2, local_time = $3, timezone = $4, starts_at = $5, ends_at = $6, reason = $7,
       version = version + 1, updated_at = now()
 WHERE id = $1
RETURNING *;

-- name: cancel
-- booked → cancelled, of a row that is locked.
UPDATE appointments
   SET status = 'cancelled', version = version + 1, updated_at = now()
 WHERE id = $1
RETURNING *;

-- name: answer_attendance
-- The client will come, said of a row that is locked; said again it keeps its first time. No new version: nothing that
-- the client was told has changed.
UPDATE appointments
   SET attendance = 'will_come', attendance_at = now()
 WHERE id = $1 AND attendance IS DISTINCT FROM 'will_come'
RETURNING id;

-- name: note_act
-- Records an act on an appointment, its actor and its way, in the transaction of the act. $1: the event's id where jobs tell of
-- it.
INSERT INTO appointment_acts (id, appointment_id, act, via, version, starts_at, previous_starts_at, previous_ends_at,
                              request_id, actor, ends_at, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: behind_link
-- The appointment of a link, for any bearer of the link, and whether it has begun or ended by the database's clock.
SELECT *, starts_at <= now() AS begun, ends_at <= now() AS ended FROM appointments WHERE id = $1;
