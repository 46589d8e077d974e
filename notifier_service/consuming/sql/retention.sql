-- Removes what was kept for long enough, in small batches. Each statement looks at the next $2 rows after the place ($3, $4), the
-- oldest first, and removes those of more than $1 seconds ago. Nothing goes before its appointment's end has been past for as
-- long. Rows that stay may come before those that go, so a caller walks from place to place. Several notifiers may do so at once.

-- name: appointments
-- With their acts, notifications and reports. An appointment that still has jobs stays: they have a retention of their own.
WITH looked AS (
    SELECT id, starts_at AT TIME ZONE 'UTC' AS start, ends_at
      FROM appointments
     WHERE (starts_at AT TIME ZONE 'UTC', id) > ($3::timestamptz AT TIME ZONE 'UTC', $4::uuid)
       AND starts_at AT TIME ZONE 'UTC' < (now() - make_interval(secs => $1)) AT TIME ZONE 'UTC'
     ORDER BY starts_at AT TIME ZONE 'UTC', id
     LIMIT $2
), held AS (
    SELECT a.id
      FROM looked
      JOIN appointments a ON a.id = looked.id
     WHERE looked.ends_at < now() - make_interval(secs => $1)
       AND NOT EXISTS (SELECT FROM jobs j WHERE j.appointment_id = looked.id)
     ORDER BY a.id
       FOR UPDATE OF a SKIP LOCKED
), reports AS (
    DELETE FROM delivery_reports WHERE appointment_id IN (SELECT id FROM held)
), told AS (
    DELETE FROM in_app_notifications WHERE appointment_id IN (SELECT id FROM held)
), gone AS (
    DELETE FROM appointments WHERE id IN (SELECT id FROM held) RETURNING id
)
SELECT (SELECT count(*) FROM gone)::int AS removed, (SELECT count(*) FROM looked)::int AS looked_at,
       start AT TIME ZONE 'UTC' AS moment, id
  FROM looked
 ORDER BY start DESC, id DESC
 LIMIT 1;

-- name: notifications
-- In the app. Their ids are in the order of time.
WITH looked AS (
    SELECT n.id, n.created_at, n.appointment_id
      FROM in_app_notifications n
     WHERE n.id > $4 AND n.id < first_id_at(now() - make_interval(secs => $1)) AND $3::timestamptz IS NOT NULL
     ORDER BY n.id
     LIMIT $2
), held AS (
    SELECT n.id
      FROM looked
      JOIN in_app_notifications n ON n.id = looked.id
      JOIN appointments a ON a.id = looked.appointment_id
     WHERE a.ends_at < now() - make_interval(secs => $1)
     ORDER BY n.id
       FOR UPDATE OF n SKIP LOCKED
), gone AS (
    DELETE FROM in_app_notifications WHERE id IN (SELECT id FROM held) RETURNING id
)
SELECT (SELECT count(*) FROM gone)::int AS removed, (SELECT count(*) FROM looked)::int AS looked_at,
       created_at AS moment, id
  FROM looked
 ORDER BY id DESC
 LIMIT 1;

-- name: dead_letters
WITH looked AS (
    SELECT id, received_at
      FROM dead_letters
     WHERE (received_at, id) > ($3, $4) AND received_at < now() - make_interval(secs => $1)
     ORDER BY received_at, id
     LIMIT $2
), gone AS (
    DELETE FROM dead_letters WHERE id IN (SELECT id FROM looked) RETURNING id
)
SELECT (SELECT count(*) FROM gone)::int AS removed, (SELECT count(*) FROM looked)::int AS looked_at,
       received_at AS moment, id
  FROM looked
 ORDER BY received_at DESC, id DESC
 LIMIT 1;

-- name: errors
-- The texts of attempts' errors; the attempts stay. A failed job keeps its whole history: it waits for a person.
WITH looked AS (
    SELECT job_id, attempt, finished_at
      FROM recorded_attempts
     WHERE error IS NOT NULL AND (finished_at, job_id) > ($3, $4)
       AND finished_at < now() - make_interval(secs => $1)
     ORDER BY finished_at, job_id
     LIMIT $2
), gone AS (
    UPDATE recorded_attempts t
       SET error = NULL
      FROM looked
      JOIN jobs j ON j.id = looked.job_id
      LEFT JOIN appointments a ON a.id = j.appointment_id
     WHERE t.job_id = looked.job_id AND t.attempt = looked.attempt AND j.state <> 'failed'
       AND (a.id IS NULL OR a.ends_at < now() - make_interval(secs => $1))
    RETURNING t.job_id
)
SELECT (SELECT count(*) FROM gone)::int AS removed, (SELECT count(*) FROM looked)::int AS looked_at,
       finished_at AS moment, job_id AS id
  FROM looked
 ORDER BY finished_at DESC, job_id DESC
 LIMIT 1;
