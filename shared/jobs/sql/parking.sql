-- name: take_parked
-- The oldest due of the mails that wait for a mail server and may go to the one named $3, none of the clients $1, at none
-- of the domains $4 if the thousand oldest have another; it is left to the caller for $2 seconds. A mail that has lost a
-- worker is never a trial.
WITH waiting AS (
    SELECT id, client_id, due_at
      FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled' AND lost = 0 AND channel = 'email' AND client_id <> ALL ($1::text[])
       AND coalesce(bound_to, $3) = $3
     ORDER BY due_at, id
     LIMIT CASE WHEN cardinality($4::text[]) = 0 THEN 2 ELSE 1000 END
), oldest AS (
    SELECT j.id
      FROM waiting w
      JOIN jobs j ON j.id = w.id
      JOIN clients c ON c.id = w.client_id
     WHERE j.parked_since IS NOT NULL AND j.state = 'scheduled'
     ORDER BY coalesce(lower(substring(c.email FROM '[^@]*$')), '') = ANY ($4), w.due_at, w.id
     LIMIT 1
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j
   SET publish_after = now() + make_interval(secs => $2),
       published_at = now()
  FROM oldest
 WHERE j.id = oldest.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel;

-- name: parked_standing
-- Whether mails are parked; whether a mail server takes mail by the heartbeats of serving notifiers, null without one;
-- and the pace that an operator has set for their release.
WITH serving AS (
    SELECT mail_server
      FROM process_heartbeats
     WHERE role = 'notifier' AND state <> 'stopping' AND seen_at > now() - make_interval(secs => $1)
)
SELECT EXISTS (SELECT FROM jobs WHERE parked_since IS NOT NULL AND state = 'scheduled') AS any_parked,
       (SELECT bool_or(mail_server IS NULL) FROM serving) AS answers,
       (SELECT per_second FROM parked_release) AS pace;

-- name: release_parked
-- At most $2 held mails of the queue $1, and their tickets: the nearest visit first, so that no mail comes too late that
-- could still come in time. While no mail server takes mail ($4 false), those that were not tried for the longest time: an
-- attempt shows whether a server takes mail again, if no trial can (take_parked). Of many, the $5 that were due first
-- are looked at. Each is left to the caller for $3 seconds.
WITH oldest AS (
    SELECT id, appointment_id
      FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled' AND priority = $1
     ORDER BY due_at, id
     LIMIT $5
), nearest AS (
    SELECT j.id
      FROM oldest
      JOIN jobs j ON j.id = oldest.id
      JOIN appointments a ON a.id = oldest.appointment_id
     WHERE j.parked_since IS NOT NULL AND j.state = 'scheduled' AND j.published_at IS NULL
     ORDER BY CASE WHEN $4 THEN a.starts_at END, j.started_at, j.id
     LIMIT $2
       FOR UPDATE OF j SKIP LOCKED
), taken AS (
    UPDATE jobs j
       SET publish_after = now() + make_interval(secs => $3),
           published_at = now()
      FROM nearest
     WHERE j.id = nearest.id
    RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel
)
SELECT taken.*
  FROM taken
  JOIN appointments a ON a.id = taken.appointment_id
 ORDER BY a.starts_at, taken.id;
