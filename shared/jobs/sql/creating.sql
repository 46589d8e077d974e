-- name: create
-- → scheduled, or skipped if its time had passed when it was made. due_at null means now.
-- publish_after: $10 s later for a job that is due at once (the committing process publishes it first), else its time.
-- It tells of its appointment's revision as this transaction sees it, so the appointment is changed first.
INSERT INTO jobs (id, kind, priority, state, reason, appointment_id, client_id, due_at, expires_at,
                  publish_after, published_at, request_id, traceparent, finished_at, revision, channel, event_id)
SELECT job.id, job.kind, job.priority,
       CASE WHEN job.due_at <= now() THEN 'skipped' ELSE 'scheduled' END,
       CASE WHEN job.due_at <= now() THEN 'its time had passed when it was booked' END,
       job.appointment_id, job.client_id, coalesce(job.due_at, now()), job.expires_at,
       coalesce(job.due_at, now() + make_interval(secs => $10)), CASE WHEN job.due_at IS NULL THEN now() END, $8, $9,
       CASE WHEN job.due_at <= now() THEN now() END, a.revision, job.channel, job.event_id
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[],
              $11::text[], $12::uuid[])
    AS job (id, kind, priority, appointment_id, client_id, due_at, expires_at, channel, event_id)
  LEFT JOIN appointments a ON a.id = job.appointment_id
RETURNING id, kind, state, due_at, attempt, appointment_id, request_id, traceparent, channel;
