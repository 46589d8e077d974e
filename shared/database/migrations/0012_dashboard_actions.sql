-- What operators do on the dashboard alone is on the same record.
ALTER TABLE operator_actions
    DROP CONSTRAINT operator_actions_action_check,
    ADD CONSTRAINT operator_actions_action_check CHECK (action IN ('requeue', 'requeue_many', 'cancel', 'pause', 'resume',
                                                                   'suppress', 'allow', 'discard', 'note'));
