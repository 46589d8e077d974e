-- name: take_parked
-- The oldest due of the mails that wait for a mail server and may go to the one named $3, none of the clients $1, at none
-- of the domains $4 where the thousand oldest have another; it is left to the caller for $2 seconds. What has lost a
-- worker is no mail to try things with.
WITH waiting AS (
    SELECT id, client_id, due_at
      FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled' AND lost = 0 AND channel = 'email' AND client_id <> ALL ($1::text[])
       AND coalesce(bound_to, $3) = $3
     ORDER BY due_at, id
     LIMIT CASE WHEN cardinality($4::text[]) = 0 THEN 2 ELSE 1000 END
), oldest AS (
    SELECT j.id
      FROM waiting w
      JOIN jobs j ON j.id = w.id
      JOIN clients c ON c.id = w.client_id
     WHERE j.parked_since IS NOT NULL AND j.state = 'scheduled'
     ORDER BY coalesce(lower(substring(c.email FROM '[^@]*$')), '') = ANY ($4), w.due_at, w.id
     LIMIT 1
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j
   SET publish_after = now() + make_interval(secs => $2),
       published_at = now()
  FROM oldest
 WHERE j.id = oldest.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, j.channel;
