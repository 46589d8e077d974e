-- The attempt that succeeds is the last one of its job, so the job's row says all of it (docs/decisions/0022). Only attempts
-- with another outcome have a row of their own. `job_attempts` stays, as a view of both; releases before this one still
-- insert every attempt through it.

-- step: the reply that a job succeeded by
ALTER TABLE jobs ADD COLUMN reply_code integer;
COMMENT ON COLUMN jobs.reply_code IS 'Of a job that has succeeded: the code with which its server took it.';
COMMENT ON COLUMN jobs.lease_owner IS
    'The worker that holds the job; of a job that has succeeded, the worker that sent it (null: it succeeded before 0036).';

-- step: job_attempts as a view
ALTER TABLE job_attempts RENAME TO recorded_attempts;

CREATE VIEW job_attempts AS
SELECT job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error
  FROM recorded_attempts
UNION ALL
SELECT id, attempt, started_at, finished_at, lease_owner, 'succeeded', reply_code, NULL
  FROM jobs
 WHERE state = 'succeeded' AND lease_owner IS NOT NULL;
COMMENT ON VIEW job_attempts IS
    'Every attempt of every job: from recorded_attempts, and from the row of a job whose last attempt succeeded.';
COMMENT ON COLUMN job_attempts.error IS 'May echo an address: never copied into logs or metrics.';

CREATE FUNCTION record_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error)
    VALUES (NEW.job_id, NEW.attempt, NEW.started_at, NEW.finished_at, NEW.worker, NEW.outcome, NEW.reply_code, NEW.error);
    RETURN NEW;
END $$;
CREATE TRIGGER job_attempts_recorded INSTEAD OF INSERT ON job_attempts
    FOR EACH ROW EXECUTE FUNCTION record_attempt();
