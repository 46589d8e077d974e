-- Erases a person, in one transaction. Their rows stay under an id that says nothing, so that counts stay true.
-- Locks are taken in the order of every other change: client, appointments, jobs. A table that gets a person's data gets its
-- statement here; tests/integration/api/people/test_erasing.py searches every table.

-- name: hold
-- FOR UPDATE waits for bookings under way, whose foreign key holds this row.
SELECT id, email, name, phone FROM clients WHERE id = $1 AND erased_at IS NULL FOR UPDATE;

-- name: erased_before
SELECT erased_as, erased_at, counts
  FROM erased_clients
 WHERE form = erased_form($1, (SELECT key FROM erasure_key));

-- name: addresses
-- Those that reports have of them, perhaps older ones than the client's.
SELECT DISTINCT address FROM delivery_reports WHERE client_id = $1 AND address IS NOT NULL;

-- name: stand_in
INSERT INTO clients (id, erased_at) VALUES ($1, now());

-- name: appointments
-- Future ones are cancelled: their times are free again. ($1: the id, $2: the stand-in's.)
WITH held AS (
    SELECT id FROM appointments WHERE client_id = $1 ORDER BY starts_at, id FOR NO KEY UPDATE
)
UPDATE appointments a
   SET client_id = $2,
       reason = NULL,
       status = CASE WHEN a.starts_at > now() THEN 'cancelled' ELSE a.status END,
       version = a.version + 1,
       updated_at = now()
  FROM held
 WHERE a.id = held.id
RETURNING a.id;

-- name: jobs
-- scheduled, enqueued, retrying, failed → cancelled. A job in processing was claimed first: its mail may go out, and
-- whatever but success comes of it becomes cancelled. An operator's own words are not kept as the reason.
-- The agenda of a doctor's day only takes its first appointment for its own: it goes out, without the name.
WITH held AS (
    SELECT id FROM jobs WHERE appointment_id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
)
UPDATE jobs j
   SET client_id = $2,
       erased_at = CASE WHEN j.kind <> 'doctor_agenda_email' THEN now() END,
       state = CASE WHEN j.kind <> 'doctor_agenda_email' AND j.state IN ('scheduled', 'enqueued', 'retrying', 'failed') THEN 'cancelled' ELSE j.state END,
       cancel_requested = j.cancel_requested OR j.state = 'processing' AND j.kind <> 'doctor_agenda_email',
       finished_at = CASE WHEN j.kind <> 'doctor_agenda_email' AND j.state IN ('scheduled', 'enqueued', 'retrying', 'failed') THEN now() ELSE j.finished_at END,
       reason = CASE
                    WHEN j.kind = 'doctor_agenda_email' THEN j.reason
                    WHEN j.state IN ('scheduled', 'enqueued', 'retrying', 'failed') THEN 'the client was erased'
                    WHEN j.state = 'cancelled' AND j.reason NOT IN ('the appointment was cancelled',
                                                                    'the appointment was moved',
                                                                    'other times were offered',
                                                                    'cancelled by an operator')
                        THEN 'given up by an operator'
                    ELSE j.reason
                END,
       error = NULL,
       error_group = NULL,
       parked_since = CASE WHEN j.state = 'processing' THEN j.parked_since END,
       request_id = NULL,
       traceparent = NULL
  FROM held
 WHERE j.id = held.id
RETURNING j.id, j.kind, j.channel, j.state, j.finished_at IS NOT DISTINCT FROM now() AS cancelled;

-- name: attempts
UPDATE recorded_attempts SET error = NULL WHERE job_id = ANY ($1::uuid[]) AND error IS NOT NULL;

-- name: notifications
UPDATE in_app_notifications SET client_id = $2, title = '', body = '' WHERE client_id = $1 RETURNING id;

-- name: acts
UPDATE appointment_acts
   SET actor = CASE WHEN actor = $2 THEN $3 ELSE actor END, message = NULL, request_id = ''
 WHERE appointment_id = ANY ($1::uuid[])
RETURNING id;

-- name: reports
-- Also those of jobs that were removed ($2: the id, $3: the stand-in's).
UPDATE delivery_reports
   SET client_id = $3, detail = '', address = NULL
 WHERE appointment_id = ANY ($1::uuid[]) OR client_id = $2
RETURNING id;

-- name: imported
-- The row stays, so that the same file brings nobody back.
UPDATE imported_appointments SET foreign_id = NULL WHERE appointment_id = ANY ($1::uuid[]);

-- name: answers
-- Kept for a day; those to the staff name the client in the answer.
DELETE FROM idempotency_keys WHERE client_id = $1 OR answer->>'client_id' = $1;

-- name: streams
DELETE FROM stream_sessions WHERE client_id = $1;

-- name: shared_address
-- Whether another client has the address, in one of its spellings.
SELECT FROM clients WHERE lower(email) = ANY ($1::text[]) AND id <> $2 LIMIT 1;

-- name: suppressions
-- The address ($1) stays blocked, as a hash.
WITH secret AS (
    SELECT erased_form($1, key) AS form FROM erasure_key
), known AS (
    DELETE FROM suppressions WHERE address = $1 AND EXISTS (SELECT FROM suppressions, secret WHERE address = form)
)
UPDATE suppressions
   SET address = form, reason = 'the client was erased'
  FROM secret
 WHERE address = $1 AND NOT EXISTS (SELECT FROM suppressions other, secret WHERE other.address = secret.form);

-- name: turns
DELETE FROM mail_turns
 WHERE address = ANY (SELECT sha256(convert_to(lower(each), 'UTF8')) FROM unnest($1::text[]) AS spelt (each));

-- name: actions
-- The record of operators' actions that may name the person: in a text that matches $1, or by a job of theirs ($2).
SELECT id, target
  FROM operator_actions
 WHERE json_says(target, $1) OR reason ~* $1 OR target->>'jobId' = ANY ($2::text[]);

-- name: rewrite_action
UPDATE operator_actions SET target = $2::jsonb, reason = NULL WHERE id = $1;

-- name: confirmations
-- Of changes of many jobs: whoever still wants one asks for it again.
DELETE FROM ops_confirmations WHERE json_says(filter, $1) OR json_says(outline, $1);

-- name: notes
-- On causes of failure, in people's own words.
UPDATE failure_notes SET note = 'removed: it named a client who was erased' WHERE note ~* $1;

-- name: pauses
-- Of queues, in operators' words; and of their shards.
UPDATE queue_pauses SET reason = NULL WHERE reason ~* $1;

-- name: shard_pauses
UPDATE shard_pauses SET reason = NULL WHERE reason ~* $1;

-- name: release
UPDATE parked_release SET reason = 'removed: it named a client who was erased' WHERE reason ~* $1;

-- name: suppression_reasons
-- Of other addresses.
UPDATE suppressions SET reason = 'removed: it named a client who was erased' WHERE reason ~* $1;

-- name: given_up
-- Failed jobs of others that an operator gave up in words that name the person. The record of actions, which keeps the same
-- words for ever, tells which; to be asked before they are taken out of it.
UPDATE jobs j
   SET reason = 'given up by an operator'
  FROM operator_actions o
 WHERE o.action = 'discard_job' AND o.reason ~* $1 AND j.id = (o.target->>'jobId')::uuid
   AND j.reason LIKE 'given up by an operator: %';

-- name: letters
-- Messages that nobody could read have ids only, as we publish them; by hand anything may be published. $2: the texts that
-- are looked for in their bytes.
DELETE FROM dead_letters
 WHERE concat_ws(' ', detail, message_id, routing_key) ~* $1
    OR json_says(headers, $1)
    OR json_says(properties, $1)
    OR EXISTS (SELECT FROM unnest($2::text[]) AS each (text) WHERE position(convert_to(text, 'UTF8') IN body) > 0)
RETURNING id;

-- name: remember
INSERT INTO erased_clients (form, erased_as, erased_by, counts)
SELECT erased_form($1, key), $2, $3, $4::jsonb FROM erasure_key;

-- name: remove
DELETE FROM clients WHERE id = $1;
