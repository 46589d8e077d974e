-- Lists and figures of jobs for operators, over any length of history. Lists are in the order of ids, so most need no
-- index of their own: what is common is found at the newest end of the primary key, what is rare is found through the
-- partial indexes of its state.

-- What ended lately. Written once in the life of a job, when it has ended.
CREATE INDEX jobs_ended         ON jobs (state, finished_at DESC, id DESC) WHERE state IN ('succeeded', 'cancelled', 'skipped');
CREATE INDEX jobs_failed_newest ON jobs (finished_at DESC, id DESC) WHERE state = 'failed';

-- Every appointment has a confirmation and a reminder; of other kinds there may be none in millions of rows.
CREATE INDEX jobs_of_rarer_kinds ON jobs (kind, id)
    WHERE kind <> 'appointment_created_email' AND kind <> 'appointment_reminder';

-- State and kind depend on each other (confirmations are hardly ever cancelled, only reminders stay scheduled), which
-- the planner does not know: without this it walks all of history for a combination that there is none of. Counts by
-- state and kind read this index alone. Of the states in which jobs stay; those they pass through cost no write here.
CREATE INDEX jobs_at_rest ON jobs (state, kind, id) WHERE state IN ('scheduled', 'failed', 'cancelled', 'skipped');
