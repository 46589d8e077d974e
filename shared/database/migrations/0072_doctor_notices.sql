-- Before the code that uses it. Doctors who want it hear by e-mail when an appointment is booked, moved or cancelled on its day
-- (docs/decisions/0037).
-- step: keep where doctors hear of it, and what is still to be said
CREATE TABLE doctor_notice_addresses (
    doctor_id  text        PRIMARY KEY REFERENCES doctors ON DELETE CASCADE,
    email      text        NOT NULL,
    locale     text,                                     -- null: the clinic's first language
    written_at timestamptz NOT NULL DEFAULT now()
);

-- The newest notice of an appointment, and the time before it that the doctor knew. No names and no words.
CREATE TABLE doctor_notices (
    appointment_id     uuid        PRIMARY KEY REFERENCES appointments ON DELETE CASCADE,
    job_id             uuid        NOT NULL,
    previous_starts_at timestamptz,
    previous_ends_at   timestamptz,
    made_at            timestamptz NOT NULL DEFAULT now()
);

-- step: say where the mail of a job goes
-- A mail to a doctor goes to the doctor's address of its kind, every other one to the client's.
CREATE FUNCTION recipient_address(kind text, doctor text, client_email text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE kind
               WHEN 'doctor_agenda_email' THEN (SELECT w.email FROM agenda_wishes w WHERE w.doctor_id = doctor)
               WHEN 'doctor_notice_email' THEN (SELECT n.email FROM doctor_notice_addresses n WHERE n.doctor_id = doctor)
               ELSE client_email
           END
$$;

-- step: tell doctors
-- The clinic's day of now. Zone data of this server that lack the zone break no booking: then it is told by the distance between
-- the appointment's local time and its instant.
CREATE FUNCTION clinics_today(zone text, local_start timestamp, starts_at timestamptz) RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (now() AT TIME ZONE zone)::date;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN (now() AT TIME ZONE 'UTC' + (local_start - starts_at AT TIME ZONE 'UTC'))::date;
END $$;

-- A trigger, so that no statement that books, moves or cancels can forget it. At the end of the transaction: by then the older
-- notice was taken back together with the client's unsent mails, in the order of locks that all changes have.
-- A new notice is made for news of today, and in place of one that was still to be sent. finished_at = now(): this transaction has
-- taken it back. So whatever a claim has read before a change is not sent after it.
CREATE FUNCTION tell_doctor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    untold    doctor_notices;
    is_untold boolean;
    is_moved  boolean := TG_OP = 'UPDATE' AND (OLD.local_date, OLD.local_time) IS DISTINCT FROM (NEW.local_date, NEW.local_time);
    is_news   boolean := TG_OP = 'INSERT' OR is_moved OR OLD.status IS DISTINCT FROM NEW.status;
    today     date;
    earlier   timestamptz;
    earlier_end timestamptz;
    id_digits text := replace(gen_random_uuid()::text, '-', '');
    job       uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM doctor_notice_addresses d WHERE d.doctor_id = NEW.doctor_id) THEN
        RETURN NULL;
    END IF;
    -- an import brings what the clinic knew before
    IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM imported_appointments i WHERE i.appointment_id = NEW.id) THEN
        RETURN NULL;
    END IF;
    today := clinics_today(NEW.timezone, NEW.local_date + NEW.local_time, NEW.starts_at);
    SELECT n.*
      INTO untold
      FROM doctor_notices n
      JOIN jobs j ON j.id = n.job_id
     WHERE n.appointment_id = NEW.id
       AND (j.state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed')
            OR j.state = 'cancelled' AND j.finished_at = now());
    is_untold := FOUND;
    IF NOT is_untold AND NOT (is_news AND (NEW.local_date = today OR TG_OP = 'UPDATE' AND OLD.local_date = today)) THEN
        RETURN NULL;
    END IF;
    IF is_untold AND untold.previous_starts_at IS NOT NULL THEN
        earlier := untold.previous_starts_at;
        earlier_end := untold.previous_ends_at;
    ELSIF is_moved THEN
        earlier := OLD.starts_at;
        earlier_end := OLD.ends_at;
    END IF;
    IF earlier = NEW.starts_at THEN                      -- moved back before anybody was told
        earlier := NULL;
        earlier_end := NULL;
    END IF;
    -- an id of version 7 (RFC 9562): lists of jobs are in the order of their ids
    id_digits := overlay(id_digits PLACING lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') FROM 1);
    job := overlay(id_digits PLACING '7' FROM 13)::uuid;
    INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after, revision, channel)
    VALUES (job, 'doctor_notice_email', 'high', 'scheduled', NEW.id, NEW.client_id, now(),
            greatest(NEW.starts_at, earlier), now(), NEW.revision, 'email');
    INSERT INTO doctor_notices AS known (appointment_id, job_id, previous_starts_at, previous_ends_at)
    VALUES (NEW.id, job, earlier, earlier_end)
    ON CONFLICT (appointment_id) DO UPDATE
       SET job_id = excluded.job_id, previous_starts_at = excluded.previous_starts_at,
           previous_ends_at = excluded.previous_ends_at, made_at = now();
    RETURN NULL;
END $$;

-- A clinic's day has 25 hours at most, so other bookings never reach the function.
CREATE CONSTRAINT TRIGGER appointments_tell_doctor_of_booking AFTER INSERT ON appointments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status = 'booked' AND NEW.starts_at < now() + interval '25 hours' AND NEW.starts_at > now())
    EXECUTE FUNCTION tell_doctor();
-- Whatever raises the revision: moves, cancellations, offers. The erasure of a client tells nobody.
CREATE CONSTRAINT TRIGGER appointments_tell_doctor_of_change AFTER UPDATE ON appointments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.revision IS DISTINCT FROM NEW.revision AND OLD.client_id = NEW.client_id)
    EXECUTE FUNCTION tell_doctor();
