-- Running processes: one row for each role of a process.

-- name: beat
-- $13: seconds since it was started. Also deletes the rows of processes that fell silent long ago; it skips a row
-- that another process deletes.
WITH pruned AS (
    DELETE FROM process_heartbeats
     WHERE (role, process) IN (
           SELECT role, process FROM process_heartbeats
            WHERE seen_at < now() - interval '1 hour' AND (role, process) <> ($1, $2)
              FOR UPDATE SKIP LOCKED)
)
INSERT INTO process_heartbeats (role, process, host, version, state, slots, in_flight, consumes, loops, broker,
                                mail_server, clock_ahead, started_at, seen_at, email_rate, email_rate_is_shared)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() - make_interval(secs => $13), clock_timestamp(), $14, $15)
ON CONFLICT (role, process) DO UPDATE
   SET host = excluded.host, version = excluded.version, state = excluded.state, slots = excluded.slots,
       in_flight = excluded.in_flight, consumes = excluded.consumes, loops = excluded.loops, broker = excluded.broker,
       mail_server = excluded.mail_server, clock_ahead = excluded.clock_ahead, started_at = excluded.started_at,
       seen_at = excluded.seen_at, email_rate = excluded.email_rate,
       email_rate_is_shared = excluded.email_rate_is_shared
RETURNING clock_timestamp() AS now;

-- name: leave
DELETE FROM process_heartbeats WHERE role = $1 AND process = $2;

-- name: known
-- The one seen last first; $1 at most. `silent_for`: seconds since it was seen.
SELECT role, process, host, version, state, slots, in_flight, consumes, loops, broker, mail_server, clock_ahead,
       started_at, seen_at, email_rate, email_rate_is_shared,
       greatest(extract(epoch FROM now() - seen_at), 0)::float8 AS silent_for
  FROM process_heartbeats
 ORDER BY seen_at DESC, role, process
 LIMIT $1;
