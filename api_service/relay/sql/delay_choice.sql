-- The one choice of the delay backend for all instances, and the reminders that are taken back from a broker.

-- name: lock
-- First, in a transaction with `vote`: a statement that waited would count the votes as they were before it waited.
SELECT FROM delay_choice FOR UPDATE;

-- name: vote
-- Instance $1 says whether it can use the delayed exchange ($2) and why ($3). Votes count for $4 seconds. If no
-- instance can, the relay holds reminders at once: the broker has lost the plugin, and its messages with it. If all can,
-- the choice changes to the exchange after $5 seconds. If they differ, it changes to the relay after $5 seconds: every
-- instance can use the relay.
WITH held AS (
    SELECT backend, wish, wish_since, distrusted_until FROM delay_choice
), voted AS (
    INSERT INTO delay_votes (instance, can, reason, seen_at)
    VALUES ($1, $2, $3, now())
    ON CONFLICT (instance) DO UPDATE SET can = excluded.can, reason = excluded.reason, seen_at = excluded.seen_at
), forgotten AS (
    DELETE FROM delay_votes WHERE instance <> $1 AND seen_at < now() - make_interval(secs => $4 * 20)
), vote AS (
    SELECT can, reason FROM delay_votes WHERE instance <> $1 AND seen_at > now() - make_interval(secs => $4)
    UNION ALL
    SELECT $2::boolean, $3::text
), wished AS (
    SELECT CASE WHEN bool_and(can) THEN 'exchange' WHEN bool_or(can) THEN 'mixed' ELSE 'relay' END AS wish,
           coalesce(string_agg(DISTINCT reason, '; ') FILTER (WHERE NOT can), min(reason)) AS reason
      FROM vote
), next AS (
    SELECT wished.wish, wished.reason,
           CASE WHEN wished.wish = held.wish THEN held.wish_since ELSE now() END AS wish_since,
           CASE
               WHEN held.distrusted_until > now() THEN 'relay'
               WHEN wished.wish = 'relay' THEN 'relay'
               WHEN held.wish IS NOT NULL
                    AND (wished.wish <> held.wish OR held.wish_since > now() - make_interval(secs => $5))
                   THEN held.backend
               WHEN wished.wish = 'exchange' THEN 'exchange'
               ELSE 'relay'
           END AS backend
      FROM held, wished
)
UPDATE delay_choice c
   SET backend = next.backend,
       wish = next.wish,
       wish_since = next.wish_since,
       reason = CASE WHEN c.backend = next.backend AND c.wish IS NOT NULL THEN c.reason ELSE next.reason END,
       changed_at = CASE WHEN c.backend = next.backend THEN c.changed_at ELSE now() END
  FROM next
RETURNING c.backend, c.reason;

-- name: withdraw
-- An instance that stops has no say any more.
DELETE FROM delay_votes WHERE instance = $1;

-- name: chosen
SELECT backend, reason FROM delay_choice;

-- name: distrust
-- The exchange did not release due messages: for $2 seconds the relay holds reminders, whatever the votes say.
UPDATE delay_choice
   SET backend = 'relay',
       reason = $1,
       changed_at = now(),
       distrusted_until = now() + make_interval(secs => $2)
 WHERE backend = 'exchange'
RETURNING backend;

-- name: take_turn
-- One instance takes back reminders that the broker may have lost, at most every $1 seconds: instances that lose their
-- connections again and again would hand the same reminders over again and again.
UPDATE delay_choice
   SET recovered_at = now()
 WHERE recovered_at < now() - make_interval(secs => $1)
RETURNING recovered_at;

-- name: take_back_recent
-- enqueued → scheduled, of at most $3 rows that were handed to the delayed exchange between $1 and $2 seconds ago.
-- The exchange confirms a message before it is on disk. A message that it did not lose is then a stale duplicate.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE state = 'enqueued'
       AND published_at BETWEEN now() - make_interval(secs => $1) AND now() - make_interval(secs => $2)
       AND published_at < due_at
     ORDER BY published_at
     LIMIT $3
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = greatest(j.due_at, now()), published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: take_back_due
-- The same for reminders with a release time in the last $1 seconds or in the next $2.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE state = 'enqueued'
       AND due_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $2)
       AND published_at < due_at
     ORDER BY due_at
     LIMIT $3
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = greatest(j.due_at, now()), published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;
