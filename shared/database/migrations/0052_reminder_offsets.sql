-- How long before its start an appointment of a doctor is reminded of, in seconds, one for each reminder. Null: as
-- REMINDER_OFFSETS says, as for every doctor before this. Older API processes that still run plan by REMINDER_OFFSETS.
ALTER TABLE doctors ADD COLUMN reminder_offsets double precision[];
