-- step outside a transaction: build appointments_cancelled_by_doctor
-- The cancelled appointments of a doctor's day. Those that are booked are found by appointments_no_double_booking. A booking
-- costs no more by it, since only cancelled ones enter.
CREATE INDEX CONCURRENTLY appointments_cancelled_by_doctor ON appointments (doctor_id, starts_at) WHERE status = 'cancelled';
