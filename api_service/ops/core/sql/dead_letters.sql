-- Messages that could not be worked on.

-- name: list
-- A page, the newest first, filtered by the given values; `$7`: with their bodies. `$6`: whether they were dealt with.
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, properties,
       octet_length(body) AS size, CASE WHEN $7::boolean THEN body ELSE '' END AS body, discarded_at, discarded_by
  FROM dead_letters
 WHERE ($1::text IS NULL OR reason = $1)
   AND ($2::timestamptz IS NULL OR received_at >= $2)
   AND ($3::timestamptz IS NULL OR received_at < $3)
   AND (received_at, id) < ($4::timestamptz, $5::uuid)
   AND ($6::boolean IS NULL OR (discarded_at IS NOT NULL) = $6)
 ORDER BY received_at DESC, id DESC
 LIMIT $8;

-- name: one
SELECT id, received_at, queue, reason, detail, message_id, routing_key, content_type, headers, properties,
       octet_length(body) AS size, body, discarded_at, discarded_by
  FROM dead_letters
 WHERE id = $1;

-- name: discard
UPDATE dead_letters SET discarded_at = now(), discarded_by = $2 WHERE id = $1 AND discarded_at IS NULL RETURNING id;
