-- step: add the columns
ALTER TABLE jobs ADD COLUMN parked_since timestamptz, ADD COLUMN bound_to text;

-- step outside a transaction: build jobs_parked
CREATE INDEX CONCURRENTLY jobs_parked ON jobs (due_at, id) WHERE parked_since IS NOT NULL AND state = 'scheduled';
