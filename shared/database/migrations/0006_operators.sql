-- What operators do by hand: pause a queue, suppress an address; and the record of who did what.

-- A row a queue that was ever paused; in force while resumed_at is null. What was resumed lately is remembered too,
-- because messages that waited behind a pause are no lost ones (take_lost).
CREATE TABLE queue_pauses (
    queue      text PRIMARY KEY CHECK (queue IN ('high', 'normal')),
    reason     text,
    paused_by  text        NOT NULL,
    paused_at  timestamptz NOT NULL DEFAULT now(),
    resumed_at timestamptz
);

-- Addresses that mail does not reach. The claim looks here; `address` is normalised by shared/addresses.py.
CREATE TABLE suppressions (
    id         uuid PRIMARY KEY,
    address    text        NOT NULL UNIQUE,
    reason     text        NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Written in the transaction of the action itself, never changed. Ids are in the order of time (UUID version 7).
CREATE TABLE operator_actions (
    id       uuid PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    operator text        NOT NULL,                       -- the token's subject
    action   text        NOT NULL CHECK (action IN ('requeue', 'requeue_many', 'cancel', 'pause', 'resume',
                                                    'suppress', 'allow')),
    target   jsonb       NOT NULL,                       -- what it was done to, or the filter that chose it
    matched  integer     NOT NULL,
    changed  integer     NOT NULL,
    reason   text
);
