-- step outside a transaction: build jobs_ended
CREATE INDEX CONCURRENTLY jobs_ended ON jobs (state, finished_at DESC, id DESC)
    WHERE state IN ('succeeded', 'cancelled', 'skipped');

-- step outside a transaction: build jobs_failed_newest
CREATE INDEX CONCURRENTLY jobs_failed_newest ON jobs (finished_at DESC, id DESC) WHERE state = 'failed';

-- step outside a transaction: build jobs_of_rarer_kinds
CREATE INDEX CONCURRENTLY jobs_of_rarer_kinds ON jobs (kind, id)
    WHERE kind <> 'appointment_created_email' AND kind <> 'appointment_reminder';

-- step outside a transaction: build jobs_at_rest
CREATE INDEX CONCURRENTLY jobs_at_rest ON jobs (state, kind, id)
    WHERE state IN ('scheduled', 'failed', 'cancelled', 'skipped');
