-- name: keep
-- A message whole, with why it could not be worked on. One that the broker delivers again, because the ack of
-- an earlier record was lost ($2), is not kept twice. RabbitMQ 4 says so of first deliveries too, so everything is compared.
INSERT INTO dead_letters (id, queue, reason, detail, message_id, routing_key, content_type, headers, body, properties)
SELECT $1, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11::jsonb
 WHERE NOT ($2 AND EXISTS (
    SELECT FROM dead_letters
     WHERE md5(body) = md5($10::bytea) AND body = $10 AND headers = $9::jsonb AND message_id IS NOT DISTINCT FROM $6
       AND routing_key IS NOT DISTINCT FROM $7 AND content_type IS NOT DISTINCT FROM $8
       AND properties - 'redelivered' IS NOT DISTINCT FROM $11::jsonb - 'redelivered'
 ));

-- name: known
-- Which of these jobs have a row.
SELECT id FROM jobs WHERE id = ANY ($1::uuid[]);
