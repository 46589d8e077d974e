-- Who holds reminders until they are due is one choice of all instances (docs/decisions/0017): two that decide for
-- themselves take each other's reminders back, every second.
CREATE TABLE delay_choice (
    one              boolean     PRIMARY KEY DEFAULT true CHECK (one),
    backend          text        NOT NULL CHECK (backend IN ('exchange', 'relay')),
    reason           text        NOT NULL,
    changed_at       timestamptz NOT NULL DEFAULT now(),
    wish             text        CHECK (wish IN ('exchange', 'relay', 'mixed')), -- of the instances; null: none has asked
    wish_since       timestamptz NOT NULL DEFAULT now(),
    distrusted_until timestamptz NOT NULL DEFAULT '-infinity', -- the exchange has held what it should have released
    recovered_at     timestamptz NOT NULL DEFAULT '-infinity'  -- what a broker may have lost was taken back
);
INSERT INTO delay_choice (backend, reason) VALUES ('relay', 'no instance has asked yet');

-- What each instance with a relay can use just now. One that has not been seen for a while has no say.
CREATE TABLE delay_votes (
    instance text        PRIMARY KEY,
    can      boolean     NOT NULL,
    reason   text        NOT NULL,
    seen_at  timestamptz NOT NULL
);
