-- Notes (0013) without a join: most updates of jobs (marked, claimed, renewed) touch no final state and end after one
-- look. What an update leaves in its final state comes into it and goes from it here, and cancels out; that none takes
-- jobs into and out of the same final state at once, the state machine says.
CREATE OR REPLACE FUNCTION note_jobs_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM after WHERE is_final(state)) AND NOT EXISTS (SELECT FROM before WHERE is_final(state)) THEN
        RETURN NULL;
    END IF;
    INSERT INTO job_changes (kind, state, entered, gone)
    SELECT kind, state, greatest(sum(step), 0), greatest(-sum(step), 0)
      FROM (
        SELECT kind, state, 1 AS step FROM after WHERE is_final(state)
        UNION ALL
        SELECT kind, state, -1 FROM before WHERE is_final(state)
      ) AS steps
     GROUP BY kind, state
    HAVING sum(step) <> 0;
    RETURN NULL;
END $$;
