-- Who is booked with whom and when, and the jobs that tell everybody about it.
-- btree_gist is a trusted extension (PostgreSQL 13 and later): the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE clients (
    id              text PRIMARY KEY,
    name            text,
    email           text,
    email_source    text CHECK (email_source IN ('token', 'ops')),  -- ops outranks the token
    timezone        text,
    locale          text        NOT NULL DEFAULT 'en',
    email_reminders boolean     NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE doctors (
    id           text PRIMARY KEY,
    name         text        NOT NULL,
    specialty    text        NOT NULL DEFAULT '',
    timezone     text        NOT NULL,
    location     text        NOT NULL DEFAULT '',
    slot_minutes integer     NOT NULL DEFAULT 30 CHECK (slot_minutes BETWEEN 1 AND 1440),
    hours        jsonb,                                  -- null: every day 00:00 to 24:00
    days_off     date[]      NOT NULL DEFAULT '{}',
    version      integer     NOT NULL DEFAULT 1,         -- a booking names the version its rules were read from
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE appointments (
    id         uuid PRIMARY KEY,
    doctor_id  text        NOT NULL REFERENCES doctors,
    client_id  text        NOT NULL REFERENCES clients,
    local_date date        NOT NULL,                     -- as booked, in the clinic's zone
    local_time time        NOT NULL,
    timezone   text        NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    status     text        NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
    reason     text,
    version    integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_at < ends_at),
    CONSTRAINT appointments_no_double_booking
        EXCLUDE USING gist (doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'booked')
);
CREATE INDEX appointments_of_client ON appointments (client_id, starts_at DESC, id DESC);

-- Outbox, schedule, deduplication ledger and what the dashboard reads, in one. docs/state_machine.md draws it.
CREATE TABLE jobs (
    id               uuid PRIMARY KEY,
    kind             text        NOT NULL,
    priority         text        NOT NULL CHECK (priority IN ('high', 'normal')),
    state            text        NOT NULL CHECK (state IN ('scheduled', 'enqueued', 'processing', 'retrying',
                                                           'succeeded', 'failed', 'cancelled', 'skipped')),
    appointment_id   uuid        NOT NULL REFERENCES appointments,
    client_id        text        NOT NULL,
    due_at           timestamptz NOT NULL,               -- of the next attempt
    expires_at       timestamptz,                        -- a claim at or after it is too late (reminders)
    publish_after    timestamptz NOT NULL,               -- the sweep's turn; pushed ahead as its lease
    published_at     timestamptz,                        -- when a relay or a retry last took it to the broker
    republished      integer     NOT NULL DEFAULT 0,     -- times the broker was found to have lost it
    attempt          integer     NOT NULL DEFAULT 0,     -- claims so far; never decreases
    retries          integer     NOT NULL DEFAULT 0,     -- backoff steps used up
    lost             integer     NOT NULL DEFAULT 0,     -- attempts whose worker vanished
    lease_owner      text,
    lease_until      timestamptz,
    cancel_requested boolean     NOT NULL DEFAULT false, -- came while processing: a retry becomes cancelled
    reason           text,                               -- why skipped or cancelled
    error            text,                               -- of the last attempt, while it matters
    request_id       text,
    traceparent      text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    started_at       timestamptz,
    finished_at      timestamptz
) WITH (fillfactor = 80);
CREATE INDEX jobs_to_publish    ON jobs (publish_after) WHERE state = 'scheduled';
CREATE INDEX jobs_with_broker   ON jobs (published_at)  WHERE state IN ('enqueued', 'retrying');
CREATE INDEX jobs_leased        ON jobs (lease_until)   WHERE state = 'processing';
CREATE INDEX jobs_failed        ON jobs (id)            WHERE state = 'failed';
CREATE INDEX jobs_of_appointment ON jobs (appointment_id);

CREATE TABLE job_attempts (
    job_id      uuid        NOT NULL REFERENCES jobs ON DELETE CASCADE,
    attempt     integer     NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    worker      text,
    outcome     text        NOT NULL CHECK (outcome IN ('succeeded', 'retrying', 'failed', 'skipped', 'parked',
                                                        'lost', 'cancelled')),
    reply_code  integer,                                 -- the SMTP server's
    error       text,                                    -- may echo an address: never copied into logs or metrics
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE in_app_notifications (
    id             uuid PRIMARY KEY,
    job_id         uuid        NOT NULL UNIQUE,          -- one a job, whatever is redelivered; outlives the job
    client_id      text        NOT NULL REFERENCES clients,
    appointment_id uuid        NOT NULL REFERENCES appointments,
    kind           text        NOT NULL,
    title          text        NOT NULL,
    body           text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    read_at        timestamptz
);
CREATE INDEX in_app_notifications_of_client ON in_app_notifications (client_id, created_at DESC, id DESC);
CREATE INDEX in_app_notifications_unread ON in_app_notifications (client_id) WHERE read_at IS NULL;

-- Messages that could not be read, or died in a way that no row explains, kept whole.
CREATE TABLE dead_letters (
    id           uuid PRIMARY KEY,
    received_at  timestamptz NOT NULL DEFAULT now(),
    queue        text,                                   -- where it died, as x-death tells
    reason       text        NOT NULL,                   -- closed set, see notifier_service/dead_letters.py
    detail       text        NOT NULL DEFAULT '',        -- where reading stopped
    message_id   text,
    routing_key  text,
    content_type text,
    headers      jsonb       NOT NULL DEFAULT '{}',
    body         bytea       NOT NULL
);
CREATE INDEX dead_letters_newest ON dead_letters (received_at DESC, id DESC);

-- How far each worker has come in each queue: what was published before this and is still not claimed, was lost.
CREATE TABLE queue_progress (
    queue        text        NOT NULL,
    worker       text        NOT NULL,
    published_at timestamptz NOT NULL,                   -- of the latest-published job it has claimed
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, worker)
);
