-- Appointments that came from another system by `api-service import` (docs/decisions/0031), and reminders that went back there
-- by `api-service hand-back`.
-- step: know an imported appointment again
-- The digest is kept when a client is erased: the same file, imported again, must not bring them back.
CREATE TABLE imported_appointments (
    source         text        NOT NULL,
    digest         bytea       NOT NULL,
    foreign_id     text,
    appointment_id uuid        NOT NULL UNIQUE REFERENCES appointments ON DELETE CASCADE,
    facts          bytea       NOT NULL,
    imported_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, digest)
);
COMMENT ON COLUMN imported_appointments.digest IS 'SHA-256 of the id that the appointment has in the source.';
COMMENT ON COLUMN imported_appointments.foreign_id IS
    'The id that the appointment has in the source. Personal: part of export and erasure (set to null, the row stays).';
COMMENT ON COLUMN imported_appointments.facts IS
    'SHA-256 of doctor, date, time and minutes in the file: a later file with other facts is noticed. Nothing personal.';

-- step: remember what was handed back
-- In the transaction that cancels the reminder, so that the file of the hand-back can be written again from these rows.
CREATE TABLE handed_back_reminders (
    job_id         uuid        PRIMARY KEY,
    appointment_id uuid        NOT NULL REFERENCES appointments ON DELETE CASCADE,
    due_at         timestamptz NOT NULL,
    handed_back_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX handed_back_reminders_of_appointment ON handed_back_reminders (appointment_id);
