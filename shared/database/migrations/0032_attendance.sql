-- The client's answer whether they will come; null: none. It is about one time: a move or a cancellation makes it void.
-- step: add the columns
ALTER TABLE appointments ADD COLUMN attendance text, ADD COLUMN attendance_at timestamptz;

-- step: check the answers to come
ALTER TABLE appointments ADD CONSTRAINT appointments_attendance_check
    CHECK (attendance = 'will_come' AND attendance_at IS NOT NULL OR attendance IS NULL AND attendance_at IS NULL)
    NOT VALID;

-- step: check the answers that are there
ALTER TABLE appointments VALIDATE CONSTRAINT appointments_attendance_check;

-- step: make an answer void with the time that it was about
-- Whatever raises the revision (migration 0018), so that no statement can forget it.
CREATE OR REPLACE FUNCTION raise_appointment_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    NEW.attendance := NULL;
    NEW.attendance_at := NULL;
    RETURN NEW;
END $$;

-- step: record who changed an appointment, and by which way
-- Written in the transaction of the act itself, never changed. Booking is not here: the appointment says when it was.
CREATE TABLE appointment_acts (
    id                 uuid        PRIMARY KEY,             -- UUID version 7: in the order of time
    appointment_id     uuid        NOT NULL REFERENCES appointments ON DELETE CASCADE,
    at                 timestamptz NOT NULL DEFAULT now(),
    act                text        NOT NULL CHECK (act IN ('moved', 'cancelled', 'will_come')),
    via                text        NOT NULL CHECK (via IN ('api', 'link')),
    version            integer     NOT NULL,                -- of the appointment, afterwards
    starts_at          timestamptz NOT NULL,                -- the same; of a cancelled one the time that it had
    previous_starts_at timestamptz,                         -- of a move
    request_id         text        NOT NULL
);
CREATE INDEX appointment_acts_of_appointment ON appointment_acts (appointment_id, id);
