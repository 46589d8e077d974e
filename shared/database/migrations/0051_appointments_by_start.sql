-- step outside a transaction: build appointments_by_start
-- The agenda of the staff, over all doctors. An expression, and not starts_at itself: that would invite the statement that
-- books, planned while the table was empty, to read every coming appointment instead of one client's.
CREATE INDEX CONCURRENTLY appointments_by_start ON appointments ((starts_at AT TIME ZONE 'UTC'), id);
