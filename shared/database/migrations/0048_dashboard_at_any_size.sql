-- Lists of the dashboard that read many rows for few: each has an index in its order now.

-- step outside a transaction: build in_app_notifications_of_appointment
-- A client may have tens of thousands of notifications, and those of an appointment outlive their jobs. The ids of
-- appointments are in the order of time, so that new entries stay together.
CREATE INDEX CONCURRENTLY in_app_notifications_of_appointment ON in_app_notifications (appointment_id);

-- step outside a transaction: build delivery_reports_proposing
-- Reports that may propose their address for suppression, in the order of their list.
CREATE INDEX CONCURRENTLY delivery_reports_proposing ON delivery_reports (id DESC)
    WHERE address IS NOT NULL AND settled_at IS NULL AND (event = 'complained' OR event = 'returned' AND is_permanent);

-- step outside a transaction: build dead_letters_by_reason
CREATE INDEX CONCURRENTLY dead_letters_by_reason ON dead_letters (reason, received_at DESC, id DESC);

-- step outside a transaction: build operator_actions_by_operator
CREATE INDEX CONCURRENTLY operator_actions_by_operator ON operator_actions (operator, id);

-- step outside a transaction: build operator_actions_by_action
CREATE INDEX CONCURRENTLY operator_actions_by_action ON operator_actions (action, id);
