-- step: the whole time that a moved appointment had
-- Null in acts before this migration, and in those of older API processes that still run beside it.
ALTER TABLE appointment_acts ADD COLUMN previous_ends_at timestamptz;
COMMENT ON COLUMN appointment_acts.previous_ends_at IS 'Of a move: when the appointment would have ended.';

-- Operators can dismiss what delivery reports propose.
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_check,
    ADD CONSTRAINT operator_actions_action_check CHECK (action IN ('requeue', 'requeue_many', 'cancel', 'cancel_many',
        'resend', 'discard_job', 'pause', 'resume', 'suppress', 'allow', 'dismiss', 'discard', 'note')) NOT VALID;

-- step: older actions
ALTER TABLE operator_actions VALIDATE CONSTRAINT operator_actions_action_check;
