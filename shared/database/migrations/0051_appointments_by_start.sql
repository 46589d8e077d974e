-- step outside a transaction: build appointments_by_start
-- The agenda of the staff, over all doctors.
CREATE INDEX CONCURRENTLY appointments_by_start ON appointments (starts_at, id);
