-- name: cancel
-- scheduled, enqueued, retrying, failed → cancelled: the jobs $1 by an operator's hand, or the kinds $3 of the
-- appointment $2 in the transaction that changes it. A job in processing is marked, and every outcome
-- but success becomes cancelled.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE (id = ANY ($1::uuid[]) OR (appointment_id = $2 AND kind = ANY ($3::text[])))
       AND state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed')
     ORDER BY id
       FOR UPDATE
)
UPDATE jobs j
   SET state = CASE j.state WHEN 'processing' THEN 'processing' ELSE 'cancelled' END,
       cancel_requested = j.state = 'processing',
       reason = CASE j.state WHEN 'processing' THEN j.reason ELSE $4 END,
       finished_at = CASE j.state WHEN 'processing' THEN NULL ELSE now() END
  FROM held
 WHERE j.id = held.id
RETURNING j.id, j.state, j.kind, j.channel;

-- name: discard
-- failed → cancelled, by an operator's hand.
UPDATE jobs
   SET state = 'cancelled', reason = $2, finished_at = now()
 WHERE id = $1 AND state = 'failed'
RETURNING id, state, kind, channel;
