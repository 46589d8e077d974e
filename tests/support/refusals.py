"""Makes a real PostgreSQL refuse writes with any SQLSTATE, for as long as a test wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def refusing(
    url: str, code: str, *, table: str = "jobs", events: str = "INSERT OR UPDATE OR DELETE", when: str = "true"
) -> AsyncIterator[None]:
    """For the block, each changed row of a table for which `when` is true is answered with that SQLSTATE. `when` is
    SQL over `row`, the new row (of a DELETE: the old one)."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            f"""CREATE FUNCTION refuse_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$
            DECLARE "row" {table}%ROWTYPE;
            BEGIN
                "row" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                IF {when} THEN
                    RAISE EXCEPTION 'refused by a test' USING ERRCODE = '{code}';
                END IF;
                RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            END $body$;
            CREATE TRIGGER refuse_{table} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{table}()"""
        )
        try:
            yield
        finally:
            await connection.execute(f"DROP FUNCTION refuse_{table} CASCADE")
    finally:
        await connection.close()
