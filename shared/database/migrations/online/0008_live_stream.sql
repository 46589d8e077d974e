-- step: add xact
ALTER TABLE in_app_notifications ADD COLUMN xact xid8 NOT NULL DEFAULT '0';
ALTER TABLE in_app_notifications ALTER COLUMN xact SET DEFAULT pg_current_xact_id();

-- step: make stream_sessions
CREATE TABLE stream_sessions (
    id_hash    bytea PRIMARY KEY,
    client_id  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX stream_sessions_by_end ON stream_sessions (expires_at);

-- step outside a transaction: build in_app_notifications_in_commit_order
CREATE INDEX CONCURRENTLY in_app_notifications_in_commit_order ON in_app_notifications (client_id, xact, id);
