-- name: refusals
-- The e-mail rules of the claim (shared/jobs/store/claiming.py). A client who has opted out of reminders, or has a
-- suppressed address ($6, in its normal form; a hash where its client was erased), gets no mail. A doctor's agenda has
-- nothing to say when no appointment of its day is left, and a doctor who wants no mails any more gets none. Materialized, so that it is judged once.
answered AS MATERIALIZED (
    SELECT *,
           CASE WHEN verdict = 'claimed' THEN
               CASE
                   WHEN kind = 'appointment_reminder' AND NOT (client).email_reminders THEN 'opted_out'
                   WHEN kind = 'doctor_agenda_email' AND agenda_is_empty(judged.id)
                        OR kind = 'doctor_notice_email' AND recipient IS NULL THEN 'nothing'
                   WHEN EXISTS (
                       SELECT FROM suppressions s WHERE s.address IN (recipient, erased_form(recipient, (SELECT key FROM erasure_key)))
                   ) THEN 'suppressed'
               END
           END AS refused
      FROM judged
)

-- name: no_turns
-- The end of the rules without a limit: no address is counted. A statement of its own, since with null for a limit
-- PostgreSQL would plan each claim anew.
admitted AS (
    SELECT *, false AS is_limited, mail_turn AS not_before,
           CASE refused
               WHEN 'opted_out' THEN 'the client has opted out of reminder e-mails'
               WHEN 'suppressed' THEN 'address suppressed'
               WHEN 'nothing' THEN 'the doctor has no more appointments that day, or wants no such mails'
           END AS reason
      FROM answered
)

-- name: turns
-- The end of the rules with a limit. Each mail that goes takes a turn of its address (docs/decisions/0010); a job that
-- has its turn keeps it. Turns are $10 seconds apart, and $11 seconds' worth of them may be taken at once after a pause.
-- No turn is given more than $12 seconds ahead: such a job is not counted, and asks again (not_before is null).
-- Addresses are locked in their order, after all jobs.
asking AS (
    SELECT *, row_number() OVER (PARTITION BY address_asked ORDER BY id DESC) AS from_last
      FROM (
        SELECT *, CASE
                      WHEN verdict = 'claimed' AND refused IS NULL AND mail_turn IS NULL AND (client).email IS NOT NULL
                           AND kind NOT IN ('doctor_agenda_email', 'doctor_notice_email')
                      THEN sha256(convert_to(lower(coalesce(recipient, (client).email)), 'UTF8'))
                  END AS address_asked
          FROM answered
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
), admitted AS (
    SELECT asking.*,
           (asking.client).email IS NOT NULL
           AND asking.kind NOT IN ('doctor_agenda_email', 'doctor_notice_email') AS is_limited,
           CASE asking.refused
               WHEN 'opted_out' THEN 'the client has opted out of reminder e-mails'
               WHEN 'suppressed' THEN 'address suppressed'
               WHEN 'nothing' THEN 'the doctor has no more appointments that day, or wants no such mails'
           END AS reason,
           coalesce(
               asking.mail_turn,
               taken.taken_until - make_interval(secs => asking.from_last * $10::float8 + $11::float8)
           ) AS not_before
      FROM asking
      LEFT JOIN taken ON taken.address = asking.address_asked
)
