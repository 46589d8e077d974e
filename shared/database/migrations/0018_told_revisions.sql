-- What the client was last told about an appointment, as a number (docs/decisions/0019): a job that tells of an older
-- revision is never sent. A constant default and a nullable column: no rewrite of either table.
ALTER TABLE appointments ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN revision integer;            -- of its appointment when it was made; null: made before this

-- A trigger, so that no statement that moves or cancels can forget it. Only what the client is told counts: the clinic's
-- date and time, and whether it takes place. The reason, or the instant that a changed law gives the same local time,
-- make no mail untrue.
CREATE FUNCTION raise_appointment_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_revision BEFORE UPDATE ON appointments FOR EACH ROW
    WHEN ((OLD.local_date, OLD.local_time, OLD.status) IS DISTINCT FROM (NEW.local_date, NEW.local_time, NEW.status))
    EXECUTE FUNCTION raise_appointment_revision();

-- Jobs that failed before their appointment was moved or cancelled were left behind until now, and some have been
-- requeued since. Found from the mails that tell of the change, which are few, by jobs_of_rarer_kinds.
UPDATE jobs j
   SET state = CASE j.state WHEN 'processing' THEN 'processing' ELSE 'cancelled' END,
       cancel_requested = j.state = 'processing',
       reason = CASE
                    WHEN j.state = 'processing' THEN j.reason
                    WHEN news.kind = 'appointment_cancelled_email' THEN 'the appointment was cancelled'
                    ELSE 'the appointment was moved'
                END,
       finished_at = CASE j.state WHEN 'processing' THEN NULL ELSE now() END
  FROM jobs news
 WHERE news.kind IN ('appointment_rescheduled_email', 'appointment_cancelled_email')
   AND j.appointment_id = news.appointment_id
   AND j.created_at < news.created_at
   AND j.state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed');
