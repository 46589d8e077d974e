-- step outside a transaction: build recorded_attempts_with_errors
-- Error texts in the order in which they are forgotten. Only attempts that did not succeed have one.
CREATE INDEX CONCURRENTLY recorded_attempts_with_errors ON recorded_attempts (finished_at, job_id) WHERE error IS NOT NULL;
