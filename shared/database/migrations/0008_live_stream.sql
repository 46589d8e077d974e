-- What the live stream of notifications stands on (docs/decisions/0008-streams-resume-in-commit-order.md).

-- The transaction that wrote a notification: created_at is when that began, so a row may become visible after others
-- with a later time. Older rows count as written before everything. Constant default first: no rewrite of the table.
ALTER TABLE in_app_notifications ADD COLUMN xact xid8 NOT NULL DEFAULT '0';
ALTER TABLE in_app_notifications ALTER COLUMN xact SET DEFAULT pg_current_xact_id();
CREATE INDEX in_app_notifications_in_commit_order ON in_app_notifications (client_id, xact, id);

-- What the cookie of a browser's EventSource stands for. Only a hash is kept: the table opens no stream by itself.
CREATE TABLE stream_sessions (
    id_hash    bytea PRIMARY KEY,                        -- SHA-256 of the cookie's value
    client_id  text        NOT NULL,
    expires_at timestamptz NOT NULL                      -- with the token that it was made from
);
CREATE INDEX stream_sessions_by_end ON stream_sessions (expires_at);
