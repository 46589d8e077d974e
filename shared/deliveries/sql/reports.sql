-- Reports about delivered e-mails.

-- name: job
-- The job of a report, with the facts for its client's notification; no row if no mail was ever handed over. The lock lets
-- an erasure of the client come before the report or after it.
SELECT j.appointment_id, j.client_id, c.locale, j.erased_at IS NOT NULL AS is_erased,
       j.kind IN ('doctor_agenda_email', 'doctor_notice_email') AS is_doctors,
       recipient_address(j.kind, a.doctor_id, c.email) AS email
  FROM jobs j
  JOIN clients c ON c.id = j.client_id
  JOIN appointments a ON a.id = j.appointment_id
 WHERE j.id = $1 AND j.channel = 'email' AND j.attempt > 0
   FOR SHARE OF j;

-- name: record
-- No row: the same report has come before.
INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, status, detail, source, address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (job_id, event) DO NOTHING
RETURNING id;

-- name: tell
-- In the app, under the id of the report ($2), unless the client has an unread notification of this kind.
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
SELECT $1, $2, $3::text, $4, $5::text, $6, $7
 WHERE NOT EXISTS (
    SELECT FROM in_app_notifications WHERE client_id = $3 AND kind = $5 AND read_at IS NULL
 );

-- name: suppress
-- Suppresses the address $2 if it has $3 open permanent returns; `on`: it was not suppressed before.
INSERT INTO suppressions (id, address, reason, created_by)
SELECT $1, $2::text, $4, 'punctual'
 WHERE $3::int <= (
    SELECT count(*)
      FROM delivery_reports
     WHERE address = $2 AND settled_at IS NULL AND event = 'returned' AND is_permanent
 )
ON CONFLICT (address) DO NOTHING
RETURNING id;

-- name: lock
-- Two reports about one address are counted one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('delivery_reports ' || $1::text, 0));

-- name: forget
-- The oldest reports of more than $1 seconds ago, at most $2 of them.
DELETE FROM delivery_reports
 WHERE id IN (
    SELECT id
      FROM delivery_reports
     WHERE reported_at < now() - make_interval(secs => $1)
     ORDER BY reported_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
 );
