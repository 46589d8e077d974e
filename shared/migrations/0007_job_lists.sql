-- Lists and figures of jobs for operators, over any length of history. Lists are in the order of ids, so most need no
-- index of their own: what is common is found at the newest end of the primary key, what is rare is found through the
-- partial indexes of its state.

-- What ended lately. Written once in the life of a job, when it has ended.
CREATE INDEX jobs_ended         ON jobs (state, finished_at DESC, id DESC) WHERE state IN ('succeeded', 'cancelled', 'skipped');
CREATE INDEX jobs_failed_newest ON jobs (finished_at DESC, id DESC) WHERE state = 'failed';

-- Every appointment has a confirmation and a reminder; of other kinds there may be none in millions of rows.
CREATE INDEX jobs_of_rarer_kinds ON jobs (kind, id)
    WHERE kind <> 'appointment_created_email' AND kind <> 'appointment_reminder';

-- State and kind depend on each other (confirmations are hardly ever cancelled): without this the planner would walk
-- all of history for a combination that it thinks is common.
CREATE STATISTICS jobs_state_and_kind (mcv) ON state, kind FROM jobs;
