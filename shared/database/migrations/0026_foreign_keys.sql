-- Foreign keys come back where each costs less than 3 % of a booking and its mail (docs/decisions/0014 has the figures).
-- NOT VALID first: that takes a moment's lock, and proves new rows only. Each key is proven in a step of its own, which
-- locks out no booking. Rows of old days that refer to nothing fail no upgrade: their key stays NOT VALID, which still proves
-- new rows, and docs/runbook.md (PunctualOrphans) says how to finish. The triggers that stood in for the keys go.
-- Proving waits ten seconds for its lock, since bookings do not queue behind it, and autovacuum gives way after one.

-- step: add appointments_doctor_id_fkey
ALTER TABLE appointments
    ADD CONSTRAINT appointments_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors NOT VALID;

-- step: add appointments_client_id_fkey
ALTER TABLE appointments
    ADD CONSTRAINT appointments_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients NOT VALID;

-- step: add jobs_appointment_id_fkey
ALTER TABLE jobs
    ADD CONSTRAINT jobs_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES appointments NOT VALID;

-- step: add in_app_notifications_appointment_id_fkey
ALTER TABLE in_app_notifications
    ADD CONSTRAINT in_app_notifications_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES appointments NOT VALID;

-- step: drop the trigger of doctors
DROP TRIGGER doctors_kept ON doctors;

-- step: drop the trigger of clients
DROP TRIGGER clients_kept ON clients;

-- step: drop the trigger of appointments
DROP TRIGGER appointments_kept ON appointments;
DROP FUNCTION keep_what_is_referred_to();

-- step: prove appointments_doctor_id_fkey
SET LOCAL lock_timeout = '10s';
DO $$
BEGIN
    ALTER TABLE appointments VALIDATE CONSTRAINT appointments_doctor_id_fkey;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE WARNING 'appointments_doctor_id_fkey stays NOT VALID: some appointments refer to doctors that do not exist';
END $$;

-- step: prove appointments_client_id_fkey
SET LOCAL lock_timeout = '10s';
DO $$
BEGIN
    ALTER TABLE appointments VALIDATE CONSTRAINT appointments_client_id_fkey;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE WARNING 'appointments_client_id_fkey stays NOT VALID: some appointments refer to clients that do not exist';
END $$;

-- step: prove jobs_appointment_id_fkey
SET LOCAL lock_timeout = '10s';
DO $$
BEGIN
    ALTER TABLE jobs VALIDATE CONSTRAINT jobs_appointment_id_fkey;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE WARNING 'jobs_appointment_id_fkey stays NOT VALID: some jobs refer to appointments that do not exist';
END $$;

-- step: prove in_app_notifications_appointment_id_fkey
SET LOCAL lock_timeout = '10s';
DO $$
BEGIN
    ALTER TABLE in_app_notifications VALIDATE CONSTRAINT in_app_notifications_appointment_id_fkey;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE WARNING 'in_app_notifications_appointment_id_fkey stays NOT VALID: some notifications refer to appointments that do not exist';
END $$;
