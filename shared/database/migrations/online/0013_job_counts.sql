-- step: make the tables and functions of the counts
CREATE TABLE job_changes (
    at      timestamptz NOT NULL DEFAULT now(),
    kind    text        NOT NULL,
    state   text        NOT NULL,
    entered integer     NOT NULL DEFAULT 0,
    gone    integer     NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE job_throughput (
    unit   text        NOT NULL CHECK (unit IN ('minute', 'hour')),
    bucket timestamptz NOT NULL,
    kind   text        NOT NULL,
    state  text        NOT NULL,
    jobs   bigint      NOT NULL,
    PRIMARY KEY (unit, bucket, kind, state)
);

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

-- step: note what ends from now on
CREATE TRIGGER jobs_created AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_created();
CREATE TRIGGER jobs_moved AFTER UPDATE ON jobs
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_moved();
CREATE TRIGGER jobs_removed AFTER DELETE ON jobs
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION note_jobs_removed();

-- step: count what ended before
-- One statement sees one moment: whatever was noted by then is counted with the rows, so its notes go; later notes stay.
-- Nobody rolls notes up before this migration is complete.
WITH seen AS (DELETE FROM job_changes)
INSERT INTO job_changes (at, kind, state, entered)
SELECT date_trunc('minute', coalesce(finished_at, created_at), 'UTC'), kind, state, count(*)
  FROM jobs
 WHERE is_final(state)
 GROUP BY 1, 2, 3;
