-- Which work queues are paused.

-- name: in_force
SELECT queue, reason, paused_by, paused_at FROM queue_pauses WHERE resumed_at IS NULL;

-- name: pause
-- If the queue is paused already, no row comes back: the first operator and reason stay.
INSERT INTO queue_pauses AS p (queue, reason, paused_by)
VALUES ($1, $2, $3)
ON CONFLICT (queue) DO UPDATE
   SET reason = excluded.reason, paused_by = excluded.paused_by, paused_at = now(), resumed_at = NULL
 WHERE p.resumed_at IS NOT NULL
RETURNING queue;

-- name: resume
UPDATE queue_pauses SET resumed_at = now() WHERE queue = $1 AND resumed_at IS NULL RETURNING queue;

-- name: shards_in_force
SELECT queue, reason, paused_by, paused_at FROM shard_pauses WHERE resumed_at IS NULL;

-- name: pause_shard
-- As `pause`.
INSERT INTO shard_pauses AS p (queue, reason, paused_by)
VALUES ($1, $2, $3)
ON CONFLICT (queue) DO UPDATE
   SET reason = excluded.reason, paused_by = excluded.paused_by, paused_at = now(), resumed_at = NULL
 WHERE p.resumed_at IS NOT NULL
RETURNING queue;

-- name: resume_shard
UPDATE shard_pauses SET resumed_at = now() WHERE queue = $1 AND resumed_at IS NULL RETURNING queue;
