-- name: mark_enqueued
-- scheduled → enqueued, after the broker's confirm. Fewer rows than tickets is normal: the notifier was faster.
WITH held AS (
    SELECT j.id
      FROM jobs j
      JOIN unnest((SELECT $1::uuid[]), $2::int[]) AS ticket (job_id, attempt)
        ON j.id = ticket.job_id AND j.attempt = ticket.attempt
     WHERE j.state IS NOT DISTINCT FROM 'scheduled'
     ORDER BY j.id
       FOR UPDATE OF j
)
UPDATE jobs j
   SET state = 'enqueued'
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: take_due
-- The sweep's turn: scheduled rows whose publish_after has come, which it pushes ahead by $2 seconds as a
-- lease, so that no transaction stays open while the broker is asked. SKIP LOCKED: relays share the work.
-- A parked mail is not published by its time, but held for $3 seconds more (published_at is null then): parked mails are
-- released in an order of their own (parking.sql).
WITH due AS (
    SELECT id
      FROM jobs
     WHERE state = 'scheduled' AND publish_after <= now()
     ORDER BY publish_after, id
     LIMIT $1
       FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE jobs j
       SET publish_after = now() + make_interval(secs => CASE WHEN j.parked_since IS NULL THEN $2::float8 ELSE $3::float8 END),
           published_at = CASE WHEN j.parked_since IS NULL THEN now() END
      FROM due
     WHERE j.id = due.id
    RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel, j.parked_since
)
SELECT id, attempt, kind, appointment_id, due_at, request_id, traceparent, channel
  FROM taken
 WHERE parked_since IS NULL;

-- name: take_ahead
-- Rows due within the horizon ($2 seconds), for a broker that holds messages until their time; in due order.
-- publish_after stays their due time, so that a row whose message was not confirmed is published then at the
-- latest; published_at is the lease ($3 seconds) here.
WITH ahead AS (
    SELECT id
      FROM jobs
     WHERE state = 'scheduled'
       AND publish_after > now()
       AND publish_after <= now() + make_interval(secs => $2)
       AND due_at > now()
       AND (published_at IS NULL OR published_at < now() - make_interval(secs => $3))
     ORDER BY publish_after, id
     LIMIT $1
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET published_at = now()
  FROM ahead
 WHERE j.id = ahead.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel,
          extract(epoch FROM j.due_at - clock_timestamp())::float8 AS seconds_left;

-- name: seconds_until_due
-- How long the sweep may sleep, by the database's clock; negative when it is late, null when nothing waits.
SELECT extract(epoch FROM min(publish_after) - clock_timestamp())::float8
  FROM jobs
 WHERE state = 'scheduled';
