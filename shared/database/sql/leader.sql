-- Which instance does a task for all. A row, not a session's advisory lock: no connection is kept for it, and a leader
-- that hangs loses it by the clock.

-- name: lead
-- Makes $2 the leader of task $1 for $3 seconds, unless somebody else is.
INSERT INTO duties AS d (name, holder, until)
VALUES ($1, $2, now() + make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE
   SET holder = excluded.holder, until = excluded.until
 WHERE d.holder = excluded.holder OR d.until < now()
RETURNING name;

-- name: resign
-- So that another instance need not wait until the time is over.
DELETE FROM duties WHERE name = $1 AND holder = $2;
