-- name: take
-- Gives $2 mails their times, $3 seconds apart, from the end of the times given before; after a pause as if these had
-- ended $4 seconds ago. `wait`: seconds until the first of them, negative if it has passed. The clock is read when the
-- row is locked, not when the statement began. A time that is far ahead (the clock was set back) is ignored.
INSERT INTO email_rate AS given (name, taken_until)
VALUES ($1, clock_timestamp() + make_interval(secs => $2::int * $3::float8 - $4::float8))
ON CONFLICT (name) DO UPDATE
   SET taken_until = least(
           greatest(given.taken_until, clock_timestamp() - make_interval(secs => $4::float8)),
           clock_timestamp() + make_interval(secs => 60 + 100 * $3::float8)
       ) + make_interval(secs => $2::int * $3::float8)
RETURNING extract(epoch FROM taken_until - clock_timestamp())::float8 - $2::int * $3::float8 AS wait;
