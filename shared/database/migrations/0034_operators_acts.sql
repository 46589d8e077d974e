-- step: columns and tables
-- Whose a resent job is: the job that an operator sent again. A nullable column: no rewrite of the table.
ALTER TABLE jobs ADD COLUMN resend_of uuid;
COMMENT ON COLUMN jobs.resend_of IS 'The job that an operator sent again by this one.';

-- Until when the e-mails of EMAIL_RATE are given away to notifiers that share it (EMAIL_RATE_SCOPE=all). Unlogged: it
-- changes several times a second, and a crash may forget it, since it only bounds the moment.
CREATE UNLOGGED TABLE email_rate (
    name        text        PRIMARY KEY,
    taken_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- What operators can do has grown.
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_check,
    ADD CONSTRAINT operator_actions_action_check CHECK (action IN ('requeue', 'requeue_many', 'cancel', 'cancel_many',
        'resend', 'discard_job', 'pause', 'resume', 'suppress', 'allow', 'discard', 'note')) NOT VALID;

-- step: older actions
ALTER TABLE operator_actions VALIDATE CONSTRAINT operator_actions_action_check;
