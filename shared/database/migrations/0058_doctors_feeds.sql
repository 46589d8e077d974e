-- Before the code that uses it. The secret keys of doctors' calendar feeds; only a hash is kept, so that whoever reads this table
-- opens no feed with it.
CREATE TABLE doctor_feeds (
    doctor_id text        PRIMARY KEY REFERENCES doctors ON DELETE CASCADE,
    key_hash  bytea       NOT NULL,                      -- SHA-256
    made_by   text        NOT NULL,                      -- the operator
    made_at   timestamptz NOT NULL DEFAULT now()
);
