-- Answers to bookings that came with an idempotency key; `book` (appointments.sql) writes them.

-- name: find
SELECT fingerprint, answer
  FROM idempotency_keys
 WHERE client_id = $1 AND route = $3 AND key = $2;

-- name: forget
-- At most $2 answers that are older than $1 seconds. SKIP LOCKED: every API instance forgets, and none waits for another.
DELETE FROM idempotency_keys k
 USING (
    SELECT client_id, route, key
      FROM idempotency_keys
     WHERE created_at < now() - make_interval(secs => $1)
     ORDER BY created_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
 ) AS old
 WHERE (k.client_id, k.route, k.key) = (old.client_id, old.route, old.key);
