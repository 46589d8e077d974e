-- name: claim
-- scheduled, enqueued, retrying → processing, with the in-app notification in the same transaction; or
-- → skipped, where no mail may go; or → cancelled, where the client was told of a newer revision of the appointment than
-- the job tells of (docs/decisions/0019). Without a title there is no notification. The ticket's attempt must be the
-- row's: whatever was redelivered, duplicated or replayed is stale. Rows are locked in id order and waited for: a locked
-- row is no duplicate, and two batches that overlap cannot deadlock. One row a ticket comes back, with its verdict.
-- A mail of a changed appointment waits while an older one is on its way, so that the older cannot arrive after it:
-- → scheduled for a moment, with a new attempt number, so that a relay which marks the old one late marks nothing.
-- That read sees enough: what is older was cancelled or marked when this job was made, and nobody claims it any more.
-- A claimed mail takes a turn of its address (docs/decisions/0010); one that has its turn keeps it. Turns are $10 seconds
-- apart (null: nobody waits), and $11 seconds' worth of them may be taken at once after a pause. More than $12 seconds
-- ahead none is given: what finds its address so far behind is not counted, and asks again (wait is null). Addresses are
-- locked in their order, after all jobs.
WITH ticket AS (
    SELECT *
      FROM unnest((SELECT $1::uuid[]), $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[])
        AS t (job_id, attempt, notification_id, title, body, address)
), locked AS (
    SELECT j.id, j.state, j.attempt, j.retries, j.due_at, j.expires_at, j.client_id, j.kind, j.mail_turn,
           j.appointment_id, j.revision, t.attempt AS ticket_attempt, t.notification_id, t.title, t.body, t.address
      FROM jobs j
      JOIN ticket t ON t.job_id = j.id
     ORDER BY j.id
       FOR UPDATE OF j
), judged AS (
    SELECT l.*, a.status, CASE WHEN $10::float8 IS NOT NULL THEN c.email END AS mail_to,
           CASE
               WHEN l.state IN ('cancelled', 'skipped') THEN 'cancelled'
               WHEN l.attempt <> l.ticket_attempt THEN 'stale'
               WHEN l.state NOT IN ('scheduled', 'enqueued', 'retrying') THEN 'stale'
               WHEN l.revision < a.revision
                    OR a.status = 'cancelled' AND l.kind <> 'appointment_cancelled_email' THEN 'superseded'
               WHEN l.due_at > clock_timestamp() + interval '1 second' THEN 'early'
               WHEN l.expires_at <= clock_timestamp() THEN 'too_late'
               WHEN l.expires_at IS NOT NULL AND l.retries = 0
                    AND l.due_at + make_interval(secs => $9) < clock_timestamp() THEN 'too_late'
               WHEN l.revision > 1 AND EXISTS (
                   SELECT
                     FROM jobs older
                    WHERE older.appointment_id = l.appointment_id
                      AND coalesce(older.revision, 0) < l.revision
                      AND older.state IS NOT DISTINCT FROM 'processing'
               ) THEN 'waiting'
               WHEN l.kind = 'appointment_reminder' AND NOT c.email_reminders THEN 'opted_out'
               WHEN EXISTS (SELECT FROM suppressions s WHERE s.address = l.address) THEN 'suppressed'
               ELSE 'claimed'
           END AS verdict
      FROM locked l
      JOIN clients c ON c.id = l.client_id
      JOIN appointments a ON a.id = l.appointment_id
), asking AS (
    SELECT *, row_number() OVER (PARTITION BY address_asked ORDER BY id DESC) AS from_last
      FROM (
        SELECT *, CASE
                      WHEN verdict = 'claimed' AND mail_turn IS NULL AND mail_to IS NOT NULL
                      THEN sha256(convert_to(lower(coalesce(address, mail_to)), 'UTF8'))
                  END AS address_asked
          FROM judged
      ) AS each
), taken AS (
    INSERT INTO mail_turns AS known (address, taken_until)
    SELECT address_asked, now() + make_interval(secs => count(*) * $10::float8)
      FROM asking
     WHERE address_asked IS NOT NULL
     GROUP BY address_asked
     ORDER BY address_asked
    ON CONFLICT (address) DO UPDATE
       SET taken_until = greatest(known.taken_until, now()) + (excluded.taken_until - now())
     WHERE known.taken_until < now() + make_interval(secs => $12::float8)
    RETURNING address, taken_until
), moved AS (
    UPDATE jobs j
       SET state = CASE judged.verdict
                       WHEN 'claimed' THEN 'processing'
                       WHEN 'superseded' THEN 'cancelled'
                       ELSE 'skipped'
                   END,
           reason = CASE judged.verdict
                        WHEN 'superseded' THEN
                            CASE judged.status
                                WHEN 'cancelled' THEN 'the appointment was cancelled'
                                ELSE 'the appointment was moved'
                            END
                        WHEN 'too_late' THEN
                            CASE
                                WHEN j.expires_at <= clock_timestamp() THEN 'too late: the appointment has begun'
                                ELSE 'too late: it was due longer ago than reminders may be late'
                            END
                        WHEN 'opted_out' THEN 'the client has opted out of reminder e-mails'
                        WHEN 'suppressed' THEN 'address suppressed'
                    END,
           attempt = j.attempt + CASE judged.verdict WHEN 'superseded' THEN 0 ELSE 1 END,
           lease_owner = CASE judged.verdict WHEN 'claimed' THEN $7::text END,
           lease_until = CASE judged.verdict
                             WHEN 'claimed' THEN clock_timestamp() + make_interval(secs => $8)
                         END,
           mail_turn = coalesce(
               judged.mail_turn,
               taken.taken_until - make_interval(secs => judged.from_last * $10::float8 + $11::float8)
           ),
           started_at = clock_timestamp(),
           finished_at = CASE judged.verdict WHEN 'claimed' THEN NULL ELSE clock_timestamp() END
      FROM asking AS judged
      LEFT JOIN taken ON taken.address = judged.address_asked
     WHERE j.id = judged.id AND judged.verdict IN ('claimed', 'superseded', 'too_late', 'opted_out', 'suppressed')
    RETURNING j.id, j.client_id, j.appointment_id, j.kind, j.attempt, j.retries, j.created_at, j.due_at,
              j.published_at, j.started_at, j.mail_turn, judged.verdict, judged.notification_id, judged.title,
              judged.body
), put_back AS (
    -- a message is gone once it is acked: the sweep publishes another when its job is due, or an older mail should be gone
    UPDATE jobs j
       SET state = 'scheduled',
           attempt = j.attempt + CASE judged.verdict WHEN 'waiting' THEN 1 ELSE 0 END,
           publish_after = CASE judged.verdict
                               WHEN 'waiting' THEN clock_timestamp() + interval '250 milliseconds'
                               ELSE j.due_at
                           END,
           published_at = NULL
      FROM judged
     WHERE j.id = judged.id
       AND (judged.verdict = 'waiting' OR judged.verdict = 'early' AND judged.state = 'enqueued')
), told AS (
    INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
    SELECT notification_id, id, client_id, appointment_id, kind, title, body
      FROM moved
     WHERE verdict IN ('claimed', 'opted_out', 'suppressed') AND title IS NOT NULL
    ON CONFLICT (job_id) DO NOTHING
    RETURNING job_id
)
SELECT ticket.job_id, coalesce(judged.verdict, 'unknown') AS verdict, moved.attempt, moved.retries,
       moved.created_at, moved.due_at, moved.published_at, moved.started_at, judged.mail_turn,
       CASE WHEN judged.mail_to IS NULL THEN 0.0 ELSE extract(epoch FROM moved.mail_turn - now())::float8 END AS wait,
       told.job_id IS NOT NULL AS told
  FROM ticket
  LEFT JOIN judged ON judged.id = ticket.job_id
  LEFT JOIN moved ON moved.id = ticket.job_id
  LEFT JOIN told ON told.job_id = ticket.job_id;
