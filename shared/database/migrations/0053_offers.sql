-- Clients whose appointment cannot take place as booked are offered other times, which are held for them
-- (docs/decisions/0029).
-- step: keep offers, and the times that are held
-- No names and no words: those are of the act that has the same id (appointment_acts).
CREATE TABLE offers (
    id             uuid        PRIMARY KEY,             -- of the event that its jobs tell, and of its act
    appointment_id uuid        NOT NULL REFERENCES appointments ON DELETE CASCADE,
    starts_at      timestamptz NOT NULL,                -- of the appointment, when it was offered other times
    made_at        timestamptz NOT NULL DEFAULT now(),
    held_until     timestamptz NOT NULL,
    answered_at    timestamptz,
    answer         text        CHECK (answer IN ('taken', 'moved', 'cancelled', 'lapsed'))
);
-- One that waits for its answer, at most; and the others for the history of an appointment.
CREATE UNIQUE INDEX offers_unanswered ON offers (appointment_id) WHERE answered_at IS NULL;
CREATE INDEX offers_of_appointment ON offers (appointment_id);
CREATE INDEX offers_answered ON offers (starts_at, id) WHERE answered_at IS NOT NULL;

CREATE TABLE held_times (
    offer_id       uuid        NOT NULL REFERENCES offers ON DELETE CASCADE,
    appointment_id uuid        NOT NULL,                -- of the offer
    doctor_id      text        NOT NULL,
    local_date     date        NOT NULL,
    local_time     time        NOT NULL,
    timezone       text        NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    held_until     timestamptz NOT NULL,                -- of the offer: from then on anybody may have the time
    PRIMARY KEY (offer_id, starts_at)
);
CREATE INDEX held_times_of_doctor ON held_times (doctor_id, starts_at);
CREATE INDEX held_times_of_appointment ON held_times (appointment_id);

-- step: refuse the times that are held for others
-- A trigger, so that no statement that books or moves can forget it, and older API processes respect it too. The lock makes
-- bookings and offers of a doctor wait for each other (offers take it alone): neither can overlook what the other has
-- not committed. Each statement in a volatile function has a snapshot of its own, taken after the lock. Doctors share
-- 1,024 locks, so that no transaction can use up the lock table. A time that several offers hold is free for each of
-- their clients; the first one gets it by appointments_no_double_booking.
CREATE FUNCTION respect_held_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(53, (hashtextextended(NEW.doctor_id, 0) & 1023)::int);
    IF EXISTS (
        SELECT
          FROM held_times h
         WHERE h.doctor_id = NEW.doctor_id
           AND h.held_until > now()
           AND h.appointment_id <> NEW.id
           AND h.starts_at > NEW.starts_at - interval '1 day'   -- none is longer; bounds the index
           AND h.starts_at < NEW.ends_at AND h.ends_at > NEW.starts_at
           AND NOT EXISTS (
               SELECT
                 FROM held_times own
                WHERE own.appointment_id = NEW.id AND own.held_until > now()
                  AND own.starts_at = h.starts_at AND own.ends_at = h.ends_at
           )
    ) THEN
        IF TG_OP = 'INSERT' THEN
            RETURN NULL;                                -- as if another appointment had the time (ON CONFLICT DO NOTHING)
        END IF;
        RAISE exclusion_violation USING MESSAGE = 'the time is held for another client';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_respect_held_times BEFORE INSERT ON appointments FOR EACH ROW
    WHEN (NEW.status = 'booked')
    EXECUTE FUNCTION respect_held_times();
CREATE TRIGGER appointments_moved_respect_held_times BEFORE UPDATE ON appointments FOR EACH ROW
    WHEN (NEW.status = 'booked'
          AND (OLD.starts_at, OLD.ends_at, OLD.status) IS DISTINCT FROM (NEW.starts_at, NEW.ends_at, NEW.status))
    EXECUTE FUNCTION respect_held_times();

-- step: let a move or a cancellation answer an offer
-- Whoever moves or cancels, by whichever way, gives the other held times back in the same transaction.
CREATE FUNCTION answer_offers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers
       SET answered_at = now(),
           answer = CASE
                        WHEN NEW.status = 'cancelled' THEN 'cancelled'
                        WHEN EXISTS (
                            SELECT FROM held_times h WHERE h.offer_id = offers.id AND h.starts_at = NEW.starts_at
                        ) THEN 'taken'
                        ELSE 'moved'
                    END
     WHERE appointment_id = NEW.id AND answered_at IS NULL;
    DELETE FROM held_times WHERE appointment_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER appointments_answer_offers AFTER UPDATE ON appointments FOR EACH ROW
    WHEN ((OLD.local_date, OLD.local_time, OLD.status) IS DISTINCT FROM (NEW.local_date, NEW.local_time, NEW.status))
    EXECUTE FUNCTION answer_offers();

-- step: record that other times were offered
ALTER TABLE appointment_acts
    DROP CONSTRAINT appointment_acts_act_check,
    ADD CONSTRAINT appointment_acts_act_check CHECK (act IN ('booked', 'moved', 'cancelled', 'will_come',
        'reason_changed', 'attended', 'missed', 'offered')) NOT VALID;

-- step: older acts
ALTER TABLE appointment_acts VALIDATE CONSTRAINT appointment_acts_act_check;
