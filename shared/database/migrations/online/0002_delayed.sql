-- step outside a transaction: build jobs_delayed
CREATE INDEX CONCURRENTLY jobs_delayed ON jobs (due_at) WHERE state = 'enqueued';
