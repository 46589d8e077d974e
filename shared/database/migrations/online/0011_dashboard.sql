-- step: make the tables of the dashboard
CREATE TABLE ops_sessions (
    id_hash    bytea PRIMARY KEY,
    subject    text        NOT NULL,
    roles      text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL                      -- the token's
);
CREATE INDEX ops_sessions_expiry ON ops_sessions (expires_at);

CREATE TABLE ops_confirmations (
    id         uuid PRIMARY KEY,
    session    bytea       NOT NULL REFERENCES ops_sessions ON DELETE CASCADE,
    filter     jsonb       NOT NULL,
    cutoff     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    outline    jsonb       NOT NULL,
    jobs       uuid[]      NOT NULL DEFAULT '{}'
);

CREATE TABLE failure_notes (
    error_group text PRIMARY KEY,
    note        text        NOT NULL,
    written_by  text        NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT now()
);

-- step: note the cause of whatever fails from now on
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

ALTER TABLE jobs ADD COLUMN error_group text;

CREATE FUNCTION note_job_error_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.error_group := job_error_group(NEW.error);
    RETURN NEW;
END
$$;
CREATE TRIGGER jobs_error_group BEFORE INSERT OR UPDATE OF state, error ON jobs
    FOR EACH ROW WHEN (NEW.state = 'failed') EXECUTE FUNCTION note_job_error_group();

-- step: note the cause of what has failed
UPDATE jobs SET error_group = job_error_group(error) WHERE state = 'failed' AND error_group IS NULL;

-- step outside a transaction: drop the old jobs_failed_newest
DROP INDEX CONCURRENTLY IF EXISTS jobs_failed_newest;

-- step outside a transaction: build jobs_failed_newest
CREATE INDEX CONCURRENTLY jobs_failed_newest ON jobs (finished_at DESC, id DESC) INCLUDE (error_group, kind)
    WHERE state = 'failed';

-- step outside a transaction: build jobs_failed_groups
CREATE INDEX CONCURRENTLY jobs_failed_groups ON jobs (error_group, finished_at DESC, id DESC) INCLUDE (kind)
    WHERE state = 'failed';

-- step outside a transaction: build jobs_retrying
CREATE INDEX CONCURRENTLY jobs_retrying ON jobs (due_at, id) WHERE state = 'retrying';

-- step outside a transaction: build clients_by_email
CREATE INDEX CONCURRENTLY clients_by_email ON clients (lower(email));

-- step: let dead letters leave their list
ALTER TABLE dead_letters ADD COLUMN discarded_at timestamptz, ADD COLUMN discarded_by text;

-- step outside a transaction: build dead_letters_open
CREATE INDEX CONCURRENTLY dead_letters_open ON dead_letters (received_at DESC, id DESC) WHERE discarded_at IS NULL;
