-- A job is found by the last digits of its id through its appointment, which shares seven of them (shared/ids.py). An index of all
-- jobs' last digits had an entry for each version of each row: 330 bytes of WAL a booking, and a tenth of its CPU time.
-- Jobs of release 0.1.0, and those that triggers and statements make, have digits of their own. They keep an index.

-- step outside a transaction: build jobs_with_digits_of_their_own
CREATE INDEX CONCURRENTLY jobs_with_digits_of_their_own ON jobs ((left(id::text, 5) || right(id::text, 8)) COLLATE "C")
    WHERE left(right(id::text, 8), 7) IS DISTINCT FROM left(right(appointment_id::text, 8), 7);

-- step outside a transaction: drop jobs_by_short_id
DROP INDEX CONCURRENTLY IF EXISTS jobs_by_short_id;
