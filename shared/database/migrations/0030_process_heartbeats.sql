-- Before the code that writes it. One row for each role of a running process, written every few seconds: /ops and
-- GET /api/ops/stats tell by it who sends mail, and who has fallen silent.
CREATE TABLE process_heartbeats (
    role         text        NOT NULL,                  -- notifier, relay
    process      text        NOT NULL,                  -- host and process id: shared/process/instance.py
    host         text        NOT NULL,
    version      text        NOT NULL,                  -- of Punctual
    state        text        NOT NULL,                  -- serving, stopping, standing still
    slots        integer     NOT NULL,                  -- jobs that it may work on at once
    in_flight    integer     NOT NULL,                  -- jobs that it works on
    consumes     text[]      NOT NULL,                  -- queues that it takes messages from
    loops        text[]      NOT NULL,                  -- background loops that stand still
    broker       text,                                  -- why it does not reach RabbitMQ; null while it does
    mail_server  text,                                  -- why it does not reach a mail server; null while it does
    clock_ahead  float8      NOT NULL,                  -- seconds that its clock is ahead of this database's
    started_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (role, process)
) WITH (fillfactor = 50);                               -- room on each page for the next version of its rows
