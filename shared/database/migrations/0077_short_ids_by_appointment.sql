-- A job is found by the last digits of its id through its appointment, which shares seven of them (shared/ids.py). An index of all
-- jobs' last digits had an entry for each version of each row: 330 bytes of WAL a booking, and a tenth of its CPU time.
-- Jobs of rarer kinds may be made by triggers and statements, with ids of their own. They keep an index.

-- step outside a transaction: build jobs_of_rarer_kinds_by_short_id
CREATE INDEX CONCURRENTLY jobs_of_rarer_kinds_by_short_id ON jobs ((left(id::text, 5) || right(id::text, 8)) COLLATE "C")
    WHERE kind <> 'appointment_created_email' AND kind <> 'appointment_reminder';

-- step outside a transaction: drop jobs_by_short_id
DROP INDEX CONCURRENTLY IF EXISTS jobs_by_short_id;
