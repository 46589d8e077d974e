-- What was answered to requests with an Idempotency-Key, for 24 hours; written by the statement that does the work.
CREATE TABLE idempotency_keys (
    client_id   text        NOT NULL,
    route       text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,                    -- SHA-256 of what was asked for
    answer      jsonb       NOT NULL,                    -- as it was answered, whatever has changed since
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, route, key)
);
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
