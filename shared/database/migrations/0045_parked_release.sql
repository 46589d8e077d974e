-- Before the code that reads it. How fast parked mails are released after an outage of the mail server, by an operator's
-- word: one row at most; without it, as fast as notifiers take them.
-- step: the pace, and the action that sets it
CREATE TABLE parked_release (
    is_only    boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
    per_second float8      NOT NULL CHECK (per_second > 0),
    set_by     text        NOT NULL,
    set_at     timestamptz NOT NULL DEFAULT now(),
    reason     text        NOT NULL
);
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_check,
    ADD CONSTRAINT operator_actions_action_check CHECK (action IN ('requeue', 'requeue_many', 'cancel', 'cancel_many',
        'resend', 'discard_job', 'pause', 'resume', 'suppress', 'allow', 'dismiss', 'discard', 'note', 'release_pace'))
        NOT VALID;

-- step: older actions
ALTER TABLE operator_actions VALIDATE CONSTRAINT operator_actions_action_check;
