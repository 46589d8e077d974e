-- How many jobs ended when, and how many rows each final state has, without ever scanning history.
-- A trigger notes what a statement did as one insert-only row a kind and state, in the statement's own transaction:
-- no round trip, no row that writers queue for. One instance rolls the notes up (sql/job_counts.sql).
-- A trigger, so that no statement that ends jobs can forget it; its cost was within the noise of claim and finish.
CREATE TABLE job_changes (
    at      timestamptz NOT NULL DEFAULT now(),
    kind    text        NOT NULL,
    state   text        NOT NULL,
    entered integer     NOT NULL DEFAULT 0,   -- rows that came into this final state
    gone    integer     NOT NULL DEFAULT 0    -- rows that left it: requeued by hand, or pruned
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Jobs that ended in a minute (kept two days) and in an hour (kept 400 days).
CREATE TABLE job_throughput (
    unit   text        NOT NULL CHECK (unit IN ('minute', 'hour')),
    bucket timestamptz NOT NULL,
    kind   text        NOT NULL,
    state  text        NOT NULL,
    jobs   bigint      NOT NULL,
    PRIMARY KEY (unit, bucket, kind, state)
);

-- Rows that each final state has.
CREATE TABLE job_standing (
    kind  text   NOT NULL,
    state text   NOT NULL,
    jobs  bigint NOT NULL,
    PRIMARY KEY (kind, state)
);

-- What one instance does for all, and until when it is that one's.
CREATE TABLE duties (
    name   text PRIMARY KEY,
    holder text        NOT NULL,
    until  timestamptz NOT NULL
);

CREATE FUNCTION is_final(state text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT state IN ('succeeded', 'failed', 'cancelled', 'skipped')
$$;

CREATE FUNCTION note_jobs_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_changes (kind, state, entered)
    SELECT kind, state, count(*) FROM after WHERE is_final(state) GROUP BY kind, state;
    RETURN NULL;
END $$;

CREATE FUNCTION note_jobs_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_changes (kind, state, entered, gone)
    SELECT a.kind, step.state, sum(step.entered), sum(step.gone)
      FROM after a
      JOIN before b USING (id)
     CROSS JOIN LATERAL (VALUES (a.state, 1, 0), (b.state, 0, 1)) AS step (state, entered, gone)
     WHERE a.state <> b.state AND is_final(step.state)
     GROUP BY a.kind, step.state;
    RETURN NULL;
END $$;

CREATE FUNCTION note_jobs_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_changes (kind, state, gone)
    SELECT kind, state, count(*) FROM before WHERE is_final(state) GROUP BY kind, state;
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_created AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_created();
CREATE TRIGGER jobs_moved AFTER UPDATE ON jobs
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_moved();
CREATE TRIGGER jobs_removed AFTER DELETE ON jobs
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_removed();

-- What ended before this migration.
INSERT INTO job_changes (at, kind, state, entered)
SELECT date_trunc('minute', coalesce(finished_at, created_at), 'UTC'), kind, state, count(*)
  FROM jobs
 WHERE is_final(state)
 GROUP BY 1, 2, 3;
