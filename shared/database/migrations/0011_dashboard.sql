-- What the jobs dashboard stands on: sessions, confirmations, failures by cause, and an index for each of its lists.

-- A session is known by the SHA-256 of its cookie's opaque id: who reads this table cannot sign in with it.
CREATE TABLE ops_sessions (
    id_hash    bytea PRIMARY KEY,
    subject    text        NOT NULL,
    roles      text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL                      -- the token's
);
CREATE INDEX ops_sessions_expiry ON ops_sessions (expires_at);

-- A requeue of many that somebody was asked to confirm: its set is frozen by filter and cutoff, and it is used once.
CREATE TABLE ops_confirmations (
    id         uuid PRIMARY KEY,
    session    bytea       NOT NULL REFERENCES ops_sessions ON DELETE CASCADE,
    filter     jsonb       NOT NULL,
    cutoff     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    outline    jsonb       NOT NULL,                      -- what was shown, and so agreed to
    jobs       uuid[]      NOT NULL DEFAULT '{}'         -- those that were moved
);

-- The cause that an error is an instance of. A mail server's words may echo an address, so of its replies only the
-- codes count; of everything else addresses, quoted words, ids and numbers are taken out.
CREATE FUNCTION job_error_group(error text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN coalesce(error, '') = '' THEN 'no error was recorded'
    WHEN error ~ '^[245][0-9]{2}( |-|$)' THEN
        'SMTP ' || left(error, 3)
        || coalesce(' ' || substring(error FROM '^.{4}([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s|$)'), '')
    ELSE left(
        regexp_replace(
            regexp_replace(
                regexp_replace(split_part(error, E'\n', 1), '[^\s<>"'']+@[^\s<>"'']+', '…', 'g'),
                '''[^'']*''|"[^"]*"', '…', 'g'),
            '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]+', '…', 'g'),
        160)
END
$$;

ALTER TABLE jobs ADD COLUMN error_group text;            -- while failed: the cause, for groups and bulk requeues

-- A trigger rather than an expression in three statements: a job cannot fail without its cause, whoever moves it,
-- and a row that does not fail pays for one comparison.
CREATE FUNCTION note_job_error_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.error_group := job_error_group(NEW.error);
    RETURN NEW;
END
$$;
CREATE TRIGGER jobs_error_group BEFORE INSERT OR UPDATE OF state, error ON jobs
    FOR EACH ROW WHEN (NEW.state = 'failed') EXECUTE FUNCTION note_job_error_group();
UPDATE jobs SET error_group = job_error_group(error) WHERE state = 'failed';

-- Every list has an index in its order. That of failed jobs (0007) now has their causes with it, so that groups and
-- their hours are read without a look at the rows.
DROP INDEX jobs_failed_newest;
CREATE INDEX jobs_failed_newest ON jobs (finished_at DESC, id DESC) INCLUDE (error_group, kind) WHERE state = 'failed';
CREATE INDEX jobs_failed_groups ON jobs (error_group, finished_at DESC, id DESC) INCLUDE (kind) WHERE state = 'failed';
CREATE INDEX jobs_retrying      ON jobs (due_at, id) WHERE state = 'retrying';
CREATE INDEX clients_by_email   ON clients (lower(email));

-- What people have found out about a cause of failure.
CREATE TABLE failure_notes (
    error_group text PRIMARY KEY,
    note        text        NOT NULL,
    written_by  text        NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT now()
);

-- A dead letter that was dealt with leaves the list, never the table.
ALTER TABLE dead_letters ADD COLUMN discarded_at timestamptz, ADD COLUMN discarded_by text;
CREATE INDEX dead_letters_open ON dead_letters (received_at DESC, id DESC) WHERE discarded_at IS NULL;
