-- name: claim
-- scheduled, enqueued, retrying → processing, with the in-app notification of its event in the same transaction; or
-- → skipped, if it is too late or its channel refuses; or → cancelled, if the client was told of a newer revision of the
-- appointment than the job's (docs/decisions/0019). The ticket's attempt must be the row's: a redelivered, duplicated or
-- replayed message is stale. Rows are locked in id order and waited for: a locked row is no duplicate,
-- and two batches that overlap cannot deadlock. One row a ticket comes back, with its verdict.
-- A job of a changed appointment waits while an older one is on its way, so that the older cannot arrive after it:
-- → scheduled for a moment, with a new attempt number, so that a relay which marks the old one late marks nothing. Mails to the
-- client wait for each other, and notices to the doctor do.
-- That read sees enough: older jobs were cancelled or marked when this job was made, and no worker claims them any more.
-- The channel's rules replace the braces (shared/jobs/store/claiming.py): they read `judged`, and make `admitted`.
-- Without a title there is no notification. It belongs to the event: the first claimed job of the event writes it, even if
-- the channel refuses. Written in the order of the events, so that batches of two channels cannot deadlock.
WITH ticket AS (
    SELECT *
      FROM unnest((SELECT $1::uuid[]), $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[])
        AS t (job_id, attempt, notification_id, title, body, recipient)
), locked AS (
    SELECT j.id, j.state, j.attempt, j.retries, j.due_at, j.expires_at, j.client_id, j.kind, j.mail_turn,
           j.appointment_id, j.revision, t.attempt AS ticket_attempt, t.notification_id, t.title, t.body, t.recipient
      FROM jobs j
      JOIN ticket t ON t.job_id = j.id
     ORDER BY j.id
       FOR UPDATE OF j
), judged AS (
    SELECT l.*, a.status, c AS client,
           CASE
               WHEN l.state IN ('cancelled', 'skipped') THEN 'cancelled'
               WHEN l.attempt <> l.ticket_attempt THEN 'stale'
               WHEN l.state NOT IN ('scheduled', 'enqueued', 'retrying') THEN 'stale'
               WHEN l.revision < a.revision
                    OR a.status = 'cancelled' AND l.kind NOT IN ('appointment_cancelled_email', 'doctor_agenda_email', 'doctor_notice_email') THEN 'superseded'
               WHEN l.due_at > clock_timestamp() + interval '1 second' THEN 'early'
               WHEN l.expires_at <= clock_timestamp() THEN 'too_late'
               WHEN l.expires_at IS NOT NULL AND l.kind = 'appointment_reminder' AND l.retries = 0
                    AND l.due_at + make_interval(secs => $9) < clock_timestamp() THEN 'too_late'
               WHEN l.revision > 1 AND EXISTS (
                   SELECT
                     FROM jobs older
                    WHERE older.appointment_id = l.appointment_id
                      AND coalesce(older.revision, 0) < l.revision AND older.kind <> 'doctor_agenda_email'
                      AND (older.kind = 'doctor_notice_email') = (l.kind = 'doctor_notice_email')
                      AND older.state IS NOT DISTINCT FROM 'processing'
               ) THEN 'waiting'
               ELSE 'claimed'
           END AS verdict
      FROM locked l
      JOIN clients c ON c.id = l.client_id
      JOIN appointments a ON a.id = l.appointment_id
), {rules}, moved AS (
    UPDATE jobs j
       SET state = CASE coalesce(admitted.refused, admitted.verdict)
                       WHEN 'claimed' THEN 'processing'
                       WHEN 'superseded' THEN 'cancelled'
                       ELSE 'skipped'
                   END,
           reason = CASE admitted.verdict
                        WHEN 'superseded' THEN
                            CASE admitted.status
                                WHEN 'cancelled' THEN 'the appointment was cancelled'
                                ELSE 'the appointment was moved'
                            END
                        WHEN 'too_late' THEN
                            CASE
                                WHEN j.kind = 'appointment_offer_email' THEN 'too late: the offered times are no longer held'
                                WHEN j.expires_at <= clock_timestamp() THEN 'too late: the appointment has begun'
                                ELSE 'too late: it was due longer ago than reminders may be late'
                            END
                        ELSE CASE WHEN admitted.refused IS NOT NULL THEN admitted.reason END
                    END,
           attempt = j.attempt + CASE admitted.verdict WHEN 'superseded' THEN 0 ELSE 1 END,
           lease_owner = CASE coalesce(admitted.refused, admitted.verdict) WHEN 'claimed' THEN $7::text END,
           lease_until = CASE coalesce(admitted.refused, admitted.verdict)
                             WHEN 'claimed' THEN clock_timestamp() + make_interval(secs => $8)
                         END,
           mail_turn = admitted.not_before,
           started_at = clock_timestamp(),
           finished_at = CASE coalesce(admitted.refused, admitted.verdict)
                             WHEN 'claimed' THEN NULL
                             ELSE clock_timestamp()
                         END
      FROM admitted
     WHERE j.id = admitted.id AND admitted.verdict IN ('claimed', 'superseded', 'too_late')
    RETURNING j.id, j.client_id, j.appointment_id, j.kind, j.attempt, j.retries, j.created_at, j.due_at,
              j.published_at, j.started_at, j.mail_turn, coalesce(j.event_id, j.id) AS event_id, admitted.verdict,
              admitted.notification_id, admitted.title, admitted.body
), put_back AS (
    -- a message is gone once it is acked: the sweep publishes another when its job is due, or an older one should be gone
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
    SELECT notification_id, event_id, client_id, appointment_id, kind, title, body
      FROM moved
     WHERE verdict = 'claimed' AND title IS NOT NULL
     ORDER BY event_id
    ON CONFLICT (job_id) DO NOTHING
    RETURNING job_id
)
SELECT ticket.job_id, coalesce(admitted.refused, admitted.verdict, 'unknown') AS verdict, moved.attempt, moved.retries,
       moved.created_at, moved.due_at, moved.published_at, moved.started_at, admitted.mail_turn AS not_before,
       CASE WHEN admitted.is_limited THEN extract(epoch FROM moved.mail_turn - now())::float8 ELSE 0.0 END AS wait,
       told.job_id IS NOT NULL AS told
  FROM ticket
  LEFT JOIN admitted ON admitted.id = ticket.job_id
  LEFT JOIN moved ON moved.id = ticket.job_id
  LEFT JOIN told ON told.job_id = moved.event_id;

-- name: no_rules
-- Of a channel that refuses nobody and makes nobody wait.
admitted AS (
    SELECT *, NULL::text AS refused, NULL::text AS reason, mail_turn AS not_before, false AS is_limited FROM judged
);
