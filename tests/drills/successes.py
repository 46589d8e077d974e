"""Counts how often each job has succeeded. The product cannot tell: a job's own row is its one record of success."""

from typing import Final

from shared.database import Database

RECORD: Final = """
CREATE TABLE drill_successes (job_id uuid NOT NULL);
CREATE FUNCTION record_success() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO drill_successes (job_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER drill_successes AFTER UPDATE ON jobs
    FOR EACH ROW WHEN (NEW.state = 'succeeded' AND NEW.finished_at IS DISTINCT FROM OLD.finished_at)
    EXECUTE FUNCTION record_success();
"""
"""The drill's own role keeps the record, since services may have a role with fewer rights."""


async def record_successes(database: Database) -> None:
    """From now on, every success is a row of drill_successes."""
    await database.execute(RECORD)
