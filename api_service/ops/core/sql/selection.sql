-- Which failed jobs an operator has chosen, and which of them may be requeued.

-- name: chosen
-- Failed jobs, filtered by the given values: ids ($1), cause ($2), kind ($3), appointment ($4), client ($5), a part of
-- the error ($6); those that had failed before $7, oldest first, at most $8. `unsure`: its last attempt ended without an
-- answer, so that its mail may have gone out.
SELECT j.id, j.priority,
       recipient_address(j.kind, a.doctor_id, c.email) AS email,
       /* excluded */ AS excluded,
       j.error_group LIKE 'possibly sent%' OR j.error_group LIKE 'worker lost%' OR j.error_group LIKE '% at end of data'
           AS unsure
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN clients c ON c.id = j.client_id
 WHERE j.state = 'failed'
   AND ($1::uuid[] IS NULL OR j.id = ANY ($1))
   AND ($2::text IS NULL OR j.error_group = $2)
   AND ($3::text IS NULL OR j.kind = $3)
   AND ($4::uuid IS NULL OR j.appointment_id = $4)
   AND ($5::text IS NULL OR j.appointment_id = ANY (ARRAY(SELECT id FROM appointments WHERE client_id = $5)))
   AND ($6::text IS NULL OR j.error ILIKE '%' || $6 || '%')
   AND j.finished_at < $7
 ORDER BY j.id
 LIMIT $8
 /* held */;

-- name: held
-- Locks the jobs for the transaction that requeues them. A job that failed again meanwhile is not among them.
FOR UPDATE OF j;

-- name: excluded
-- Why a job may not be sent, by its appointment and its client, as claim and requeue (shared/jobs/sql) judge it.
CASE
           WHEN j.erased_at IS NOT NULL THEN 'cancelled'
           WHEN j.state <> 'succeeded' AND j.cancel_requested
                OR a.status = 'cancelled' AND j.kind NOT IN ('appointment_cancelled_email', 'doctor_agenda_email', 'doctor_notice_email') THEN 'cancelled'
           WHEN j.revision < a.revision THEN 'moved'
           WHEN a.starts_at <= now() THEN 'begun'
           WHEN j.kind = 'appointment_reminder' AND NOT c.email_reminders THEN 'optedOut'
       END;

-- name: judged
-- Whether the job $1, in any state, may be sent. `resent_by`: a job that sends it again now.
SELECT j.state, j.kind, /* excluded */ AS excluded,
       recipient_address(j.kind, a.doctor_id, c.email) AS email,
       (SELECT other.id
          FROM jobs other
         WHERE other.appointment_id = j.appointment_id
           AND coalesce(other.event_id, other.id) = coalesce(j.event_id, j.id)
           AND other.channel = j.channel
           AND other.resend_of IS NOT NULL
           AND other.state IN ('scheduled', 'enqueued', 'processing', 'retrying')
         LIMIT 1) AS resent_by
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  JOIN clients c ON c.id = j.client_id
 WHERE j.id = $1;

-- name: suppressed
-- Also those that are kept as a hash, since a client was erased.
SELECT wanted.address
  FROM unnest($1::text[]) AS wanted (address)
 WHERE EXISTS (
    SELECT FROM suppressions s WHERE s.address IN (wanted.address, erased_form(wanted.address, (SELECT key FROM erasure_key)))
 );

-- name: clock
-- The database's, which says when jobs failed.
SELECT clock_timestamp() AS now;
