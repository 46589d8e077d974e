-- Every statement that moves a job. Each takes arrays and a guard: what the guard refuses is simply not
-- returned, and the caller counts it. Time is the database's: now(), or clock_timestamp() where a statement
-- may have waited for a lock. The transitions are drawn in docs/state_machine.md.
-- The first array of what runs for every booking is unnested from a sub-select: so the planner takes any batch for ten
-- rows, and a plan made for one batch is never cheaper by more than its making, which costs a lone job more than to run.
-- Its guards compare states by IS NOT DISTINCT FROM, or as they were locked: by `=` they would find the partial index of
-- a state, which is short when plans are made, and long in a burst.

-- name: mark_enqueued
-- scheduled → enqueued, after the broker's confirm. Fewer rows than tickets is normal: the notifier was faster.
WITH held AS (
    SELECT j.id
      FROM jobs j
      JOIN unnest((SELECT $1::uuid[]), $2::int[]) AS ticket (job_id, attempt)
        ON j.id = ticket.job_id AND j.attempt = ticket.attempt
     WHERE j.state IS NOT DISTINCT FROM 'scheduled'
     ORDER BY j.id
       FOR UPDATE OF j
)
UPDATE jobs j
   SET state = 'enqueued'
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: take_due
-- The sweep's turn: scheduled rows whose publish_after has come, which it pushes ahead by $2 seconds as a
-- lease, so that no transaction stays open while the broker is asked. SKIP LOCKED: relays share the work.
WITH due AS (
    SELECT id
      FROM jobs
     WHERE state = 'scheduled' AND publish_after <= now()
     ORDER BY publish_after, id
     LIMIT $1
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET publish_after = now() + make_interval(secs => $2),
       published_at = now()
  FROM due
 WHERE j.id = due.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent;

-- name: take_ahead
-- Rows due within the horizon ($2 seconds), for a broker that holds messages until their time; in due order.
-- publish_after stays their due time, so that a row whose message was not confirmed is published then at the
-- latest; published_at is the lease ($3 seconds) here.
WITH ahead AS (
    SELECT id
      FROM jobs
     WHERE state = 'scheduled'
       AND publish_after > now()
       AND publish_after <= now() + make_interval(secs => $2)
       AND due_at > now()
       AND (published_at IS NULL OR published_at < now() - make_interval(secs => $3))
     ORDER BY publish_after, id
     LIMIT $1
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET published_at = now()
  FROM ahead
 WHERE j.id = ahead.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent,
          extract(epoch FROM j.due_at - clock_timestamp())::float8 AS seconds_left;

-- name: held_by_broker
-- How many messages a delaying broker holds, counted no further than $1.
SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'enqueued' AND due_at > now() LIMIT $1) AS held;

-- name: take_back_held
-- enqueued → scheduled, of at most $1 rows that a delaying broker was given and that are not due: after a change of
-- backend, or where the plugin is gone. What the broker still holds is a duplicate then, and stale or early.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE state = 'enqueued' AND due_at > now()
     ORDER BY due_at
     LIMIT $1
       FOR UPDATE SKIP LOCKED
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = j.due_at, published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: reconcile
-- enqueued, retrying → scheduled, of at most $2 rows after the id $1 in id order: what a broker should hold is
-- published again, each at its time. The attempt number stays, so what the broker did not lose is stale.
WITH held AS (
    SELECT id
      FROM jobs
     WHERE state IN ('enqueued', 'retrying') AND id > $1
     ORDER BY id
     LIMIT $2
       FOR UPDATE
)
UPDATE jobs j
   SET state = 'scheduled', publish_after = greatest(j.due_at, now()), published_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: seconds_until_due
-- How long the sweep may sleep, by the database's clock; negative when it is late, null when nothing waits.
SELECT extract(epoch FROM min(publish_after) - clock_timestamp())::float8
  FROM jobs
 WHERE state = 'scheduled';

-- name: take_lost
-- Rows that the broker holds no message of: due and published longer than the grace ago, while a message that
-- entered the same queue later was already claimed, or ($4) the queue has stayed empty for the grace. Each
-- republish doubles that row's grace and keeps its attempt number, so a mistake is only a stale duplicate.
-- What waits behind a pause is not lost, nor for the grace after it: workers come to it in any order then.
WITH reached AS (
    SELECT max(published_at) AS until FROM queue_progress WHERE queue = $1
), lost AS (
    SELECT j.id, j.state = 'enqueued' AND j.published_at < j.due_at AS was_ahead
      FROM jobs j, reached
     WHERE j.state IN ('enqueued', 'retrying')
       AND j.priority = $1
       AND j.due_at < now() - make_interval(secs => $3)
       AND greatest(j.published_at, j.due_at) + make_interval(secs => $3 * 2 ^ least(j.republished, 12)) < now()
       AND ($4 OR greatest(j.published_at, j.due_at) < reached.until)
       AND NOT EXISTS (
            SELECT
              FROM queue_pauses p
             WHERE p.queue = $1
               AND (p.resumed_at IS NULL OR p.resumed_at + make_interval(secs => $3) > now())
       )
     ORDER BY j.due_at, j.id
     LIMIT $2
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j
   SET published_at = now(),
       republished = j.republished + 1
  FROM lost
 WHERE j.id = lost.id
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent, lost.was_ahead;

-- name: note_progress
-- A worker's high-water mark in a queue, which take_lost compares with.
INSERT INTO queue_progress (queue, worker, published_at)
VALUES ($1, $2, $3)
ON CONFLICT (queue, worker) DO UPDATE
   SET published_at = greatest(queue_progress.published_at, excluded.published_at),
       updated_at = now();

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

-- name: renew
-- The lease of what a worker still holds, pushed ahead; what is not returned, it has lost.
UPDATE jobs j
   SET lease_until = clock_timestamp() + make_interval(secs => $4)
  FROM unnest($1::uuid[], $2::int[]) AS held (job_id, attempt)
 WHERE j.id = held.job_id
   AND j.attempt = held.attempt
   AND j.lease_owner = $3
   AND j.state = 'processing'
RETURNING j.id;

-- name: mark_sending
-- Just before DATA, where somebody must know it if the worker vanishes now: under CRASH_POLICY=hold ($4), that the mail
-- may be out; where another mail server than the first gets it ($5), which one may have it.
-- What was cancelled since its claim is not handed over.
UPDATE jobs
   SET data_begun = $4, bound_to = $5
 WHERE id = $1 AND attempt = $2 AND lease_owner = $3 AND state = 'processing' AND NOT cancel_requested
RETURNING id;

-- name: take_parked
-- The oldest due of the mails that wait for a mail server and may go to the one named $3, none of the clients $1, at none
-- of the domains $4 where the thousand oldest have another; it is left to the caller for $2 seconds. What has lost a
-- worker is no mail to try things with.
WITH waiting AS (
    SELECT id, client_id, due_at
      FROM jobs
     WHERE parked_since IS NOT NULL AND state = 'scheduled' AND lost = 0 AND client_id <> ALL ($1::text[])
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
RETURNING j.id, j.attempt, j.kind, j.appointment_id, j.due_at, j.request_id, j.traceparent;

-- name: finish
-- processing → succeeded, retrying, failed, skipped, or parked back to scheduled; and the attempt's record.
-- Only for the lease holder of that attempt: what is not returned came too late and is discarded.
-- Whatever but success comes of a job that was cancelled meanwhile, it becomes cancelled.
WITH outcome AS (
    SELECT *
      FROM unnest((SELECT $1::uuid[]), $2::int[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::text[],
                  $8::bool[], $9::text[])
        AS o (job_id, attempt, outcome, delay, reply_code, error, reason, away, bound_to)
), held AS (
    SELECT j.id, o.outcome, o.delay, o.reply_code, o.error, o.reason, o.away, o.bound_to,
           CASE
               WHEN o.outcome <> 'succeeded' AND j.cancel_requested THEN 'cancelled'
               WHEN o.outcome = 'parked' THEN 'scheduled'
               ELSE o.outcome
           END AS next_state
      FROM jobs j
      JOIN outcome o ON o.job_id = j.id AND o.attempt = j.attempt
     WHERE j.state IS NOT DISTINCT FROM 'processing' AND j.lease_owner = $10
     ORDER BY j.id
       FOR UPDATE OF j
), moved AS (
    UPDATE jobs j
       SET state = held.next_state,
           due_at = CASE held.outcome
                        WHEN 'retrying' THEN now() + make_interval(secs => held.delay)
                        ELSE j.due_at
                    END,
           publish_after = now() + make_interval(secs => coalesce(held.delay, 0)),
           published_at = CASE held.outcome WHEN 'retrying' THEN now() ELSE j.published_at END,
           retries = j.retries + CASE held.outcome WHEN 'retrying' THEN 1 ELSE 0 END,
           reason = CASE held.next_state
                        WHEN 'cancelled' THEN 'cancelled while an attempt was under way'
                        ELSE coalesce(held.reason, j.reason)
                    END,
           error = held.error,
           lease_owner = NULL,
           lease_until = NULL,
           data_begun = false,
           bound_to = held.bound_to,
           parked_since = CASE WHEN held.away THEN coalesce(j.parked_since, now()) END,
           finished_at = CASE
                             WHEN held.next_state IN ('succeeded', 'failed', 'skipped', 'cancelled')
                             THEN now()
                         END
      FROM held
     WHERE j.id = held.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.appointment_id, j.due_at, j.started_at, j.request_id,
              j.traceparent, held.outcome, held.reply_code, held.error
), recorded AS (
    INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error)
    SELECT id, attempt, started_at, clock_timestamp(), $10, outcome, reply_code, error FROM moved
)
SELECT id, attempt, state, kind, appointment_id, due_at, request_id, traceparent FROM moved;

-- name: recover_expired_leases
-- processing → scheduled, where the worker has vanished: the attempt is recorded as lost, the $2-th → failed.
-- Where its mail may be on its way (data_begun, under CRASH_POLICY=hold only) → failed: a person decides. What was
-- cancelled meanwhile → cancelled in any case: nobody may send it again.
WITH gone AS (
    SELECT id, lease_owner,
           CASE
               WHEN cancel_requested THEN 'cancelled'
               WHEN data_begun THEN 'failed'
               WHEN lost + 1 >= $2 THEN 'failed'
               ELSE 'scheduled'
           END AS next_state,
           CASE
               WHEN data_begun THEN 'possibly sent: its worker was lost while it handed the mail over'
               ELSE 'worker lost: its lease expired'
           END AS error
      FROM jobs
     WHERE state = 'processing' AND lease_until < now()
     ORDER BY lease_until
     LIMIT $1
       FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE jobs j
       SET state = gone.next_state,
           lost = j.lost + 1,
           publish_after = now(),
           reason = CASE gone.next_state
                        WHEN 'cancelled' THEN 'cancelled while an attempt was under way'
                        ELSE j.reason
                    END,
           error = gone.error,
           lease_owner = NULL,
           lease_until = NULL,
           data_begun = false,
           finished_at = CASE WHEN gone.next_state <> 'scheduled' THEN now() END
      FROM gone
     WHERE j.id = gone.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.appointment_id, j.started_at, gone.lease_owner, j.error
), recorded AS (
    INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, worker, outcome, error)
    SELECT id, attempt, started_at, now(), lease_owner, 'lost', error FROM moved
)
SELECT id, attempt, state, kind, appointment_id FROM moved;

-- name: recover_crashed
-- What died by the broker's delivery limit before any claim: its attempt counts as lost, like an expired
-- lease. Where the row has moved on meanwhile, nothing happens.
WITH held AS (
    SELECT j.id
      FROM jobs j
      JOIN unnest($1::uuid[], $2::int[]) AS ticket (job_id, attempt)
        ON j.id = ticket.job_id AND j.attempt = ticket.attempt
     WHERE j.state IN ('scheduled', 'enqueued', 'retrying')
     ORDER BY j.id
       FOR UPDATE OF j
), moved AS (
    UPDATE jobs j
       SET state = CASE WHEN j.lost + 1 >= $3 THEN 'failed' ELSE 'scheduled' END,
           attempt = j.attempt + 1,
           lost = j.lost + 1,
           publish_after = now(),
           error = $4,
           finished_at = CASE WHEN j.lost + 1 >= $3 THEN now() END
      FROM held
     WHERE j.id = held.id
    RETURNING j.id, j.attempt, j.state, j.kind, j.appointment_id
), recorded AS (
    INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, outcome, error)
    SELECT id, attempt, now(), now(), 'lost', $4 FROM moved
)
SELECT id, attempt, state, kind, appointment_id FROM moved;

-- name: cancel
-- scheduled, enqueued, retrying, failed → cancelled: the jobs $1 by an operator's hand, or the kinds $3 of the
-- appointment $2 in the transaction that changes it. What is being processed is marked, and whatever but success comes
-- of it becomes cancelled.
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
RETURNING j.id, j.state, j.kind;

-- name: requeue
-- failed → scheduled, by hand, spread over $2 seconds; only what is still so, as the claim judges it. Retries are reset,
-- the attempt number is kept: a message of an earlier life stays stale.
WITH held AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places
      FROM (
        SELECT j.id
          FROM jobs j
          JOIN appointments a ON a.id = j.appointment_id
         WHERE j.id = ANY ($1::uuid[])
           AND j.state = 'failed'
           AND NOT j.cancel_requested
           AND coalesce(j.revision, a.revision) >= a.revision
           AND (a.status = 'booked' OR j.kind = 'appointment_cancelled_email')
         ORDER BY j.id
           FOR UPDATE OF j
      ) AS failed
)
UPDATE jobs j
   SET state = 'scheduled',
       due_at = now() + make_interval(secs => $2 * held.place / held.places),
       publish_after = now() + make_interval(secs => $2 * held.place / held.places),
       published_at = NULL,
       republished = 0,
       retries = 0,
       lost = 0,
       finished_at = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id;

-- name: create
-- → scheduled, or skipped where its moment had passed when it was made. due_at null means now.
-- publish_after: $10 s later for what is due at once (the committing process publishes it first), else its time.
-- It tells of its appointment's revision as this transaction sees it, so the appointment is changed first.
INSERT INTO jobs (id, kind, priority, state, reason, appointment_id, client_id, due_at, expires_at,
                  publish_after, published_at, request_id, traceparent, finished_at, revision)
SELECT job.id, job.kind, job.priority,
       CASE WHEN job.due_at <= now() THEN 'skipped' ELSE 'scheduled' END,
       CASE WHEN job.due_at <= now() THEN 'its time had passed when it was booked' END,
       job.appointment_id, job.client_id, coalesce(job.due_at, now()), job.expires_at,
       coalesce(job.due_at, now() + make_interval(secs => $10)), CASE WHEN job.due_at IS NULL THEN now() END, $8, $9,
       CASE WHEN job.due_at <= now() THEN now() END, a.revision
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[])
    AS job (id, kind, priority, appointment_id, client_id, due_at, expires_at)
  LEFT JOIN appointments a ON a.id = job.appointment_id
RETURNING id, kind, state, due_at, attempt, appointment_id, request_id, traceparent;

-- name: prune
-- Finished jobs older than $1 seconds (failed ones: $2), at most $3 of them; their attempts go with them. The oldest of
-- each state, from its own end of an index: in the order of ids every batch would walk past the reminders of months to
-- come.
DELETE FROM jobs
 WHERE id IN (
    SELECT old.id
      FROM (
        SELECT ended.id
          FROM unnest(ARRAY['succeeded', 'cancelled', 'skipped']) AS final (state)
         CROSS JOIN LATERAL (
            SELECT j.id
              FROM jobs j
             WHERE j.state = final.state
               AND j.state IN ('succeeded', 'cancelled', 'skipped')
               AND j.finished_at < now() - make_interval(secs => $1)
             ORDER BY j.finished_at
             LIMIT $3
               FOR UPDATE SKIP LOCKED
         ) AS ended
         UNION ALL
        SELECT failed.id
          FROM (
            SELECT id
              FROM jobs
             WHERE state = 'failed' AND finished_at < now() - make_interval(secs => $2)
             ORDER BY finished_at
             LIMIT $3
               FOR UPDATE SKIP LOCKED
         ) AS failed
      ) AS old
     LIMIT $3
 );
