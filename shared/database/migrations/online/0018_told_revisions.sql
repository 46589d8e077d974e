-- step: add the columns
ALTER TABLE appointments ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN revision integer;

-- step: raise the revision with every change
CREATE FUNCTION raise_appointment_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_revision BEFORE UPDATE ON appointments FOR EACH ROW
    WHEN ((OLD.local_date, OLD.local_time, OLD.status) IS DISTINCT FROM (NEW.local_date, NEW.local_time, NEW.status))
    EXECUTE FUNCTION raise_appointment_revision();

-- step: cancel what was left behind
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
