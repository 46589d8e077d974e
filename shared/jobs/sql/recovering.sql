-- name: held_by_broker
-- How many messages a delaying broker holds, counted no further than $1.
SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'enqueued' AND due_at > now() LIMIT $1) AS held;

-- name: take_back_held
-- enqueued → scheduled, of at most $1 rows that a delaying broker was given and that are not due: after a change of
-- backend, or after the loss of the plugin. Messages that the broker still holds are then duplicates, stale or early.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE state = 'enqueued' AND due_at > now()
     ORDER BY due_at
     LIMIT $1
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = j.due_at, published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: reconcile
-- enqueued, retrying → scheduled, of at most $2 rows after the id $1 in id order: messages that a broker should
-- hold are published again, each at its time. The attempt number stays, so the second of two messages is stale.
WITH held AS (
    SELECT id, state
      FROM jobs
     WHERE state IN ('enqueued', 'retrying') AND id > $1
     ORDER BY id
     LIMIT $2
       FOR UPDATE
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = greatest(j.due_at, now()), published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id, j.kind, held.state AS was;

-- name: settle_told
-- scheduled, enqueued, retrying → skipped, for those of the jobs $1 that a restored database does not know as told; processing,
-- too, once the lease is over: its worker was of the database that was lost.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE id = ANY ($1::uuid[])
       AND (state IN ('scheduled', 'enqueued', 'retrying') OR state = 'processing' AND lease_until < now())
     ORDER BY id
       FOR UPDATE
)
UPDATE jobs j
   SET state = 'skipped', reason = 'told before the database was restored', finished_at = now(),
       lease_owner = NULL, lease_until = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.kind, j.state, j.channel;

-- name: missing
-- Those of the ids $1 that are no job's.
SELECT wanted.id
  FROM unnest($1::uuid[]) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = wanted.id)
 ORDER BY wanted.id;

-- name: unfinished
-- The jobs of each kind that are not scheduled and have not ended.
SELECT kind, state AS was, count(*) AS jobs
  FROM jobs
 WHERE state IN ('enqueued', 'retrying', 'processing')
 GROUP BY kind, state;

-- name: take_lost
-- Rows that the broker holds no message of: due and published longer than the grace ago, while a message that
-- entered the same queue later was already claimed, or ($4) the queue has stayed empty for the grace. Each
-- republish doubles that row's grace and keeps its attempt number, so a mistake is only a stale duplicate.
-- During a pause, and for the grace after it, no message counts as lost: workers then take them in any order.
-- The rows of shard $7 of $6 (see shard_of; 0 of 1: all) of priority $5 are in queue $1, or still in one of the queues $8
-- of an earlier SHARDS: later messages must have been claimed in each.
WITH places AS (
    SELECT unnest($1::text || $8::text[]) AS queue
), reached AS (
    SELECT CASE WHEN bool_and(until IS NOT NULL) THEN min(until) END AS until
      FROM (
        SELECT (SELECT max(p.published_at) FROM queue_progress p WHERE p.queue = places.queue) AS until FROM places
      ) AS each
), lost AS (
    SELECT j.id, j.state = 'enqueued' AND j.published_at < j.due_at AS was_ahead
      FROM jobs j, reached
     WHERE j.state IN ('enqueued', 'retrying')
       AND j.priority = $5
       AND ($6::bigint = 1 OR ('x' || right(j.appointment_id::text, 8))::bit(32)::bigint % $6::bigint + 1 = $7)
       AND j.due_at < now() - make_interval(secs => $3)
       AND greatest(j.published_at, j.due_at) + make_interval(secs => $3 * 2 ^ least(j.republished, 12)) < now()
       AND ($4 OR greatest(j.published_at, j.due_at) < reached.until)
       AND NOT EXISTS (
            SELECT
              FROM (
                SELECT queue, resumed_at FROM queue_pauses WHERE queue = $5
                UNION ALL
                SELECT queue, resumed_at FROM shard_pauses WHERE queue IN (SELECT queue FROM places)
              ) AS p
             WHERE (p.resumed_at IS NULL OR p.resumed_at + make_interval(secs => $3) > now())
       )
     ORDER BY j.due_at, j.id
     LIMIT $2
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j
   SET published_at = now(),
       republished = j.republished + 1
  FROM lost
 WHERE j.id = lost.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel, lost.was_ahead;

-- name: note_progress
-- A worker's high-water mark in a queue, which take_lost compares with.
INSERT INTO queue_progress (queue, worker, published_at)
VALUES ($1, $2, $3)
ON CONFLICT (queue, worker) DO UPDATE
   SET published_at = greatest(queue_progress.published_at, excluded.published_at),
       updated_at = now();
