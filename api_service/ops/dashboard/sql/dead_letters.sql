-- Messages that could not be read.

-- name: list
-- A page, the newest first: those still open, or ($6) those that were dealt with.
SELECT id, received_at, queue, reason, detail, message_id, octet_length(body) AS size, discarded_at, discarded_by
  FROM dead_letters
 WHERE (received_at, id) < ($1::timestamptz, $2::uuid)
   AND received_at >= $3::timestamptz
   AND ($4::text IS NULL OR reason = $4)
   AND (discarded_at IS NOT NULL) = $6::boolean
 ORDER BY received_at DESC, id DESC
 LIMIT $5;

-- name: discarded
SELECT discarded_at, discarded_by FROM dead_letters WHERE id = $1;

-- name: discard
UPDATE dead_letters SET discarded_at = now(), discarded_by = $2 WHERE id = $1 AND discarded_at IS NULL RETURNING id;
