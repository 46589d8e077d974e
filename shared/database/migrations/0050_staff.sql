-- The desk of the clinic books, moves and cancels for clients, and says who came.
-- step: say who did it
-- Null in acts before this migration, and in those of older API processes that still run beside it: then it was the client.
-- An act that is told has the id of its event (jobs.event_id), so its words are found for each mail of the event.
ALTER TABLE appointment_acts
    ADD COLUMN actor text,
    ADD COLUMN ends_at timestamptz,
    ADD COLUMN message text;
COMMENT ON COLUMN appointment_acts.actor IS 'The subject of the token: a client or a member of the staff.';
COMMENT ON COLUMN appointment_acts.ends_at IS 'Of the appointment, afterwards; of a cancelled one the time that it had.';
COMMENT ON COLUMN appointment_acts.message IS 'The words of the staff to the client. Personal: part of export and erasure.';
ALTER TABLE appointment_acts
    DROP CONSTRAINT appointment_acts_act_check,
    ADD CONSTRAINT appointment_acts_act_check CHECK (act IN ('booked', 'moved', 'cancelled', 'will_come',
        'reason_changed', 'attended', 'missed')) NOT VALID,
    DROP CONSTRAINT appointment_acts_via_check,
    ADD CONSTRAINT appointment_acts_via_check CHECK (via IN ('api', 'link', 'staff')) NOT VALID;

-- step: older acts
ALTER TABLE appointment_acts VALIDATE CONSTRAINT appointment_acts_act_check;
ALTER TABLE appointment_acts VALIDATE CONSTRAINT appointment_acts_via_check;

-- step: call a client, who may have no app
ALTER TABLE clients ADD COLUMN phone text;
COMMENT ON COLUMN clients.phone IS 'Written and read by the staff. Personal: part of export and erasure.';

-- step: say whether the client was there
-- Written by the staff after the start, and apart from attendance, which is the answer that the client gave before.
ALTER TABLE appointments ADD COLUMN attended boolean, ADD COLUMN attended_at timestamptz;
COMMENT ON COLUMN appointments.attended IS 'Whether the client came, by the staff; null: nobody has said.';
