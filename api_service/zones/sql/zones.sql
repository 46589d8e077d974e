-- Appointments that were booked by an older law of their zone, and their reminders. The offset that an appointment was
-- booked with is not stored: it is its local time less its instant. The index of migration 0020 finds them.

-- name: booked_offsets
-- Every zone and offset that something is booked with, and its latest start: a step in the index for each.
WITH RECURSIVE pairs AS (
    (SELECT timezone, local_date + local_time - (starts_at AT TIME ZONE 'UTC') AS booked_with
       FROM appointments
      WHERE status = 'booked'
      ORDER BY timezone, local_date + local_time - (starts_at AT TIME ZONE 'UTC')
      LIMIT 1)
     UNION ALL
    SELECT next.timezone, next.booked_with
      FROM pairs
     CROSS JOIN LATERAL (
        SELECT timezone, local_date + local_time - (starts_at AT TIME ZONE 'UTC') AS booked_with
          FROM appointments
         WHERE status = 'booked'
           AND (timezone, local_date + local_time - (starts_at AT TIME ZONE 'UTC')) > (pairs.timezone, pairs.booked_with)
         ORDER BY timezone, local_date + local_time - (starts_at AT TIME ZONE 'UTC')
         LIMIT 1
     ) AS next
)
SELECT timezone, booked_with, latest.starts_at AS latest, now() AS now
  FROM pairs
 CROSS JOIN LATERAL (
    SELECT starts_at
      FROM appointments a
     WHERE status = 'booked'
       AND a.timezone = pairs.timezone
       AND local_date + local_time - (starts_at AT TIME ZONE 'UTC') = pairs.booked_with
     ORDER BY starts_at DESC
     LIMIT 1
 ) AS latest;

-- name: with_bookings
-- Which of these stretches have any appointment, by their place in the arrays, from 1.
SELECT place
  FROM unnest($1::text[], $2::interval[], $3::timestamptz[], $4::timestamptz[])
       WITH ORDINALITY AS stretch (timezone, booked_with, begins, ends, place)
 CROSS JOIN LATERAL (
    SELECT
      FROM appointments a
     WHERE status = 'booked'
       AND a.timezone = stretch.timezone
       AND local_date + local_time - (starts_at AT TIME ZONE 'UTC') = stretch.booked_with
       AND starts_at >= stretch.begins AND starts_at < stretch.ends
     LIMIT 1
 ) AS found
 ORDER BY place;

-- name: earliest_first
-- A batch of a stretch: those that move back, the earliest first, so that each finds its new time left by the one before.
SELECT id, doctor_id, local_date, local_time, timezone, starts_at, ends_at
  FROM appointments
 WHERE status = 'booked'
   AND timezone = $1
   AND local_date + local_time - (starts_at AT TIME ZONE 'UTC') = $2
   AND starts_at >= $3 AND starts_at < $4
   AND (starts_at, id) > ($5, $6::uuid)
 ORDER BY starts_at, id
 LIMIT $7;

-- name: latest_first
-- The same of those that move on, the latest first.
SELECT id, doctor_id, local_date, local_time, timezone, starts_at, ends_at
  FROM appointments
 WHERE status = 'booked'
   AND timezone = $1
   AND local_date + local_time - (starts_at AT TIME ZONE 'UTC') = $2
   AND starts_at >= $3 AND starts_at < $4
   AND (starts_at, id) < ($5, $6::uuid)
 ORDER BY starts_at DESC, id DESC
 LIMIT $7;

-- name: replan
-- One appointment to its new start $6, if it still is as it was read ($1 to $5), and its reminders with it; if $7 is
-- false, the reminders alone. Its length stays. The version grows: the start that callers and calendars know has changed.
-- A reminder that nobody has claimed keeps its distance from the start. Its attempt number grows, so that its messages
-- in a broker, or on the way to one, are stale. It waits in the table for its new time; if that has passed, its claim
-- judges it. A reminder that was tried keeps the time of its next attempt, and gets a new time of expiry.
-- Reminders that expire at the new start already were changed before.
WITH held AS (
    SELECT id
      FROM appointments
     WHERE id = $1 AND local_date = $2 AND local_time = $3 AND timezone = $4 AND starts_at = $5 AND status = 'booked'
       FOR NO KEY UPDATE
), moved AS (
    UPDATE appointments a
       SET starts_at = $6::timestamptz, ends_at = $6::timestamptz + (a.ends_at - a.starts_at), version = a.version + 1, updated_at = now()
      FROM held
     WHERE a.id = held.id AND $7::boolean
), reminder AS (
    SELECT j.id, $6::timestamptz - (j.expires_at - j.due_at) AS due_at,
           j.state IN ('scheduled', 'enqueued')
           AND j.started_at IS NULL AND j.lost = 0 AND j.due_at > j.created_at AS untouched
      FROM jobs j
      JOIN held ON held.id = j.appointment_id
     WHERE j.kind = 'appointment_reminder'
       AND j.state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed')
       AND j.expires_at <> $6::timestamptz
     ORDER BY j.id
       FOR UPDATE OF j
), followed AS (
    UPDATE jobs j
       SET expires_at = $6::timestamptz,
           state = CASE WHEN r.untouched THEN 'scheduled' ELSE j.state END,
           due_at = CASE WHEN r.untouched THEN r.due_at ELSE j.due_at END,
           publish_after = CASE WHEN r.untouched THEN r.due_at ELSE j.publish_after END,
           published_at = CASE WHEN r.untouched THEN NULL ELSE j.published_at END,
           attempt = j.attempt + CASE WHEN r.untouched THEN 1 ELSE 0 END
      FROM reminder r
     WHERE j.id = r.id
    RETURNING j.id
)
SELECT (SELECT count(*) FROM held) AS appointments, (SELECT count(*) FROM followed) AS reminders;

-- name: occupants
-- Other appointments than $2 that hold the time $3 to $4 of a doctor.
SELECT id, doctor_id, local_date, local_time, timezone, starts_at, ends_at
  FROM appointments
 WHERE doctor_id = $1 AND hashtextextended(doctor_id, 0) = hashtextextended($1, 0)
   AND status = 'booked' AND tstzrange(starts_at, ends_at) && tstzrange($3, $4) AND id <> $2;

-- name: take_over
-- Says that $1 is the newest zone data that was planned with, unless there are newer; $2: even then.
INSERT INTO zone_data AS known (version)
VALUES ($1)
ON CONFLICT ((true)) DO UPDATE
   SET version = excluded.version, since = now()
 WHERE known.version < excluded.version COLLATE "C" OR ($2 AND known.version <> excluded.version);

-- name: newest
SELECT version FROM zone_data;
