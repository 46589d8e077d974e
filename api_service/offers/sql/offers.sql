-- Offers of other times, and the times that are held for them (migration 0053).

-- name: hold_doctor
-- Until the transaction ends nobody books this doctor, and nobody else offers times (the trigger of migration 0053).
SELECT pg_advisory_xact_lock(53, (hashtextextended($1, 0) & 1023)::int);

-- name: let_lapse
-- Makes room for another offer to the same client.
WITH lapsed AS (UPDATE offers SET answered_at = now(), answer = 'lapsed' WHERE id = $1)
DELETE FROM held_times WHERE offer_id = $1;

-- name: shared
-- Times of a doctor from $2 on that are held for other clients and that nobody has taken, those with the fewest holders
-- first: what there is to offer when nothing else is free.
SELECT h.local_date, h.local_time, h.starts_at, h.ends_at
  FROM held_times h
 WHERE h.doctor_id = $1 AND h.held_until > now() AND h.starts_at >= $2
   AND NOT EXISTS (
       SELECT
         FROM appointments a
        WHERE a.doctor_id = $1 AND hashtextextended(a.doctor_id, 0) = hashtextextended($1, 0)
          AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(h.starts_at, h.ends_at)
   )
 GROUP BY h.local_date, h.local_time, h.starts_at, h.ends_at
 ORDER BY count(*), h.starts_at
 LIMIT 50;

-- name: make
-- An offer ($1) with its times ($5 to $8, in the zone $9) that are held until $4. The client is told of it, so whatever
-- older jobs say is no longer so: the revision rises (docs/decisions/0019), and the version.
WITH offered AS (
    INSERT INTO offers (id, appointment_id, starts_at, held_until)
    SELECT $1, a.id, a.starts_at, $4 FROM appointments a WHERE a.id = $2
), held AS (
    INSERT INTO held_times (offer_id, appointment_id, doctor_id, local_date, local_time, timezone, starts_at, ends_at,
                            held_until)
    SELECT $1, $2, $3, t.local_date, t.local_time, $9, t.starts_at, t.ends_at, $4
      FROM unnest($5::date[], $6::time[], $7::timestamptz[], $8::timestamptz[])
        AS t (local_date, local_time, starts_at, ends_at)
)
UPDATE appointments SET revision = revision + 1, version = version + 1, updated_at = now() WHERE id = $2;

-- name: standings
-- Whether the clients of these appointments can be told of other times, and the offers that wait for their answer;
-- `is_open`: its times are still held, and somebody else has not taken all of them.
SELECT a.id, c.email, o.id AS offer_id,
       coalesce(o.held_until > now(), false) AND EXISTS (
           SELECT
             FROM held_times h
            WHERE h.offer_id = o.id
              AND NOT EXISTS (
                  SELECT
                    FROM appointments other
                   WHERE other.doctor_id = h.doctor_id
                     AND hashtextextended(other.doctor_id, 0) = hashtextextended(h.doctor_id, 0)
                     AND other.status = 'booked' AND other.id <> a.id
                     AND tstzrange(other.starts_at, other.ends_at) && tstzrange(h.starts_at, h.ends_at)
              )
       ) AS is_open
  FROM appointments a
  JOIN clients c ON c.id = a.client_id
  LEFT JOIN offers o ON o.appointment_id = a.id AND o.answered_at IS NULL
 WHERE a.id = ANY ($1::uuid[]);

-- name: suppressed
SELECT address FROM suppressions WHERE address = ANY ($1::text[]);

-- name: lock_open
-- The booked appointments of a doctor whose clients have an offer without an answer. Locked in the order of their ids.
SELECT a.id
  FROM appointments a
 WHERE a.doctor_id = $1 AND hashtextextended(a.doctor_id, 0) = hashtextextended($1, 0)
   AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(now(), NULL)
   AND EXISTS (SELECT FROM offers o WHERE o.appointment_id = a.id AND o.answered_at IS NULL)
 ORDER BY a.id
   FOR UPDATE OF a;

-- name: open_of_doctor
-- Those that have not begun, with all of their times.
SELECT o.id, a.id AS appointment_id, a.client_id, a.starts_at, a.ends_at,
       ARRAY(SELECT h.starts_at FROM held_times h WHERE h.offer_id = o.id ORDER BY h.starts_at) AS begins,
       ARRAY(SELECT h.ends_at FROM held_times h WHERE h.offer_id = o.id ORDER BY h.starts_at) AS ends
  FROM appointments a
  JOIN offers o ON o.appointment_id = a.id AND o.answered_at IS NULL
 WHERE a.doctor_id = $1 AND hashtextextended(a.doctor_id, 0) = hashtextextended($1, 0)
   AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(now(), NULL) AND a.starts_at > now()
 ORDER BY a.id;

-- name: withdraw
-- The appointment $2 takes place as booked. Its revision rises, so that no mail of the offer $1 is sent any more, not
-- even after a retry or by an operator's hand.
WITH withdrawn AS (
    UPDATE offers SET answered_at = now(), answer = 'withdrawn' WHERE id = $1
), given_back AS (
    DELETE FROM held_times WHERE offer_id = $1
)
UPDATE appointments SET revision = revision + 1, version = version + 1, updated_at = now() WHERE id = $2;

-- name: give_back
DELETE FROM held_times WHERE offer_id = $1 AND starts_at = ANY ($2::timestamptz[]);

-- name: took_back_confirmation
-- Whether the client has not been told of the booking, since an offer came before that mail.
SELECT
  FROM jobs
 WHERE appointment_id = $1 AND kind = 'appointment_created_email' AND state = 'cancelled'
   AND reason = 'other times were offered'
   AND NOT EXISTS (
       SELECT
         FROM jobs told
        WHERE told.appointment_id = $1 AND told.state IN ('succeeded', 'processing')
          AND told.kind IN ('appointment_created_email', 'appointment_rescheduled_email')
   )
 LIMIT 1;

-- name: was_withdrawn
-- Whether an offer to the client of an appointment ended since its booked time fits again.
SELECT
  FROM offers o
  JOIN appointments a ON a.id = o.appointment_id AND a.starts_at = o.starts_at
 WHERE o.appointment_id = $1 AND o.answer = 'withdrawn'
 LIMIT 1;

-- name: of_appointment
-- Its offer without an answer, a row for each time that nobody else has taken; one row without a time if there is none.
SELECT o.id, o.appointment_id, o.starts_at, o.held_until, o.held_until > now() AS is_held, h.local_date, h.local_time,
       h.starts_at AS begins, h.ends_at AS ends
  FROM offers o
  LEFT JOIN held_times h ON h.offer_id = o.id AND NOT EXISTS (
       SELECT
         FROM appointments a
        WHERE a.doctor_id = h.doctor_id AND hashtextextended(a.doctor_id, 0) = hashtextextended(h.doctor_id, 0)
          AND a.status = 'booked' AND tstzrange(a.starts_at, a.ends_at) && tstzrange(h.starts_at, h.ends_at)
          AND a.id <> o.appointment_id
  )
 WHERE o.appointment_id = ANY ($1::uuid[]) AND o.answered_at IS NULL
 ORDER BY o.id, h.starts_at;

-- name: answered
-- Offers with an answer to clients of the doctor $1, whose appointment was to start in [$2, $3), after the position
-- ($4, $5).
SELECT o.id, o.appointment_id, o.starts_at, o.held_until, false AS is_held, o.answer, o.answered_at
  FROM offers o
  JOIN appointments a ON a.id = o.appointment_id
 WHERE o.answered_at IS NOT NULL AND o.answer <> 'lapsed' AND a.doctor_id = $1
   AND o.starts_at >= $2 AND o.starts_at < coalesce($3::timestamptz, 'infinity')
   AND (o.starts_at, o.id) > (coalesce($4::timestamptz, '-infinity'),
                              coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
 ORDER BY o.starts_at, o.id
 LIMIT $6;

-- name: told
-- How the mails of these offers stand: the newest job of each.
SELECT DISTINCT ON (o.id) o.id, j.state, j.finished_at
  FROM offers o
  JOIN jobs j ON j.appointment_id = o.appointment_id AND coalesce(j.event_id, j.id) = o.id
 WHERE o.id = ANY ($1::uuid[])
 ORDER BY o.id, (j.state = 'succeeded') DESC, j.id DESC;
