-- References that the only statements which write them prove by their own joins: `book` compares the doctor's version,
-- makes the client known and creates jobs of what it has just booked; `create` has locked the appointment; `claim` joins
-- job and client. The keys asked for each row once more, and locked the row referred to, so that all bookings of a doctor
-- wrote that doctor's row: a sixth of the database's work for a booking. What an attempt refers to keeps its key: it goes
-- with its job.
ALTER TABLE appointments
    DROP CONSTRAINT appointments_doctor_id_fkey,
    DROP CONSTRAINT appointments_client_id_fkey;
ALTER TABLE jobs
    DROP CONSTRAINT jobs_appointment_id_fkey;
ALTER TABLE in_app_notifications
    DROP CONSTRAINT in_app_notifications_client_id_fkey,
    DROP CONSTRAINT in_app_notifications_appointment_id_fkey;

-- The other half of the keys stays: no statement of ours deletes what is referred to, and nobody does by hand.
-- The arguments are pairs of table and column that refer to the row.
CREATE FUNCTION keep_what_is_referred_to() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    referred boolean;
BEGIN
    FOR i IN 0 .. TG_NARGS - 1 BY 2 LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', TG_ARGV[i], TG_ARGV[i + 1]) INTO referred USING OLD.id;
        IF referred THEN
            RAISE foreign_key_violation
                USING MESSAGE = format('%s %s is still referred to by %s', TG_TABLE_NAME, OLD.id, TG_ARGV[i]);
        END IF;
    END LOOP;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER doctors_kept BEFORE DELETE OR UPDATE OF id ON doctors FOR EACH ROW
    EXECUTE FUNCTION keep_what_is_referred_to('appointments', 'doctor_id');
CREATE TRIGGER clients_kept BEFORE DELETE OR UPDATE OF id ON clients FOR EACH ROW
    EXECUTE FUNCTION keep_what_is_referred_to('appointments', 'client_id', 'in_app_notifications', 'client_id');
CREATE TRIGGER appointments_kept BEFORE DELETE OR UPDATE OF id ON appointments FOR EACH ROW
    EXECUTE FUNCTION keep_what_is_referred_to('jobs', 'appointment_id', 'in_app_notifications', 'appointment_id');
