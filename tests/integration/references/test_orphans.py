"""The nightly search for rows that refer to something that is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from api_service.references.orphans import COLUMNS, TASK, OrphanSearch
from shared.database import Database, leader
from tests.support.factories import a_claimed_job
from tests.support.waiting import eventually

KEYS = [(table, column) for table, columns in COLUMNS.items() for column in columns]
OTHER = {"appointment_id": "gen_random_uuid()", "client_id": "'nobody'", "doctor_id": "'nobody'"}

_REPORT = """
INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, source)
SELECT gen_random_uuid(), id, appointment_id, client_id, 'returned', true, 'api' FROM jobs WHERE id = $1
"""


def shown(table: str, column: str) -> float | None:
    return REGISTRY.get_sample_value("punctual_orphans", {"table": table, "column": column})


@asynccontextmanager
async def searching(database: Database) -> AsyncIterator[None]:
    task = asyncio.create_task(OrphanSearch(database, every=0.05, batch=2, pause=0).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def noted(database: Database) -> dict[tuple[str, str], int]:
    rows = await database.fetch("SELECT table_name, column_name, found FROM orphans")
    return {(row["table_name"], row["column_name"]): row["found"] for row in rows}


async def whole(database: Database) -> bool:
    return len(await noted(database)) == len(KEYS)


async def orphaned(database: Database, table: str, column: str, rows: int) -> None:
    """As whoever works past the keys and triggers does: a restore of single tables, a superuser's script."""
    async with database.transaction() as session:
        await session.execute("SET LOCAL session_replication_role = replica")
        await session.execute(
            f"UPDATE {table} SET {column} = {OTHER[column]} WHERE id IN (SELECT id FROM {table} LIMIT $1)",  # noqa: S608
            rows,
        )


@pytest.mark.parametrize(("table", "column"), KEYS)
async def test_orphans_are_counted_and_shown(database: Database, table: str, column: str) -> None:
    for _ in range(5):
        job = await a_claimed_job(database)
        await database.execute(_REPORT, job.job_id)
    await orphaned(database, table, column, 3)
    async with searching(database):
        await eventually(lambda: whole(database))
        await eventually(lambda: is_shown(table, column, 3))
    assert await noted(database) == {key: 3 if key == (table, column) else 0 for key in KEYS}


async def test_a_search_is_due_once_a_night(database: Database) -> None:
    await a_claimed_job(database)
    async with searching(database):
        await eventually(lambda: whole(database))

    await database.execute("UPDATE orphans SET found = 7")
    async with searching(database):
        await eventually(lambda: is_shown("jobs", "client_id", 7))
    assert set((await noted(database)).values()) == {7}

    await database.execute("UPDATE orphans SET checked_at = now() - interval '1 day'")
    await database.execute("DELETE FROM duties")
    async with searching(database):
        await eventually(lambda: is_shown("jobs", "client_id", 0))
    assert set((await noted(database)).values()) == {0}


async def test_who_does_not_search_shows_what_was_found(database: Database) -> None:
    await leader.lead(database, TASK, holder="another", seconds=3600)
    await database.execute(
        "INSERT INTO orphans (table_name, column_name, found, checked_at) VALUES ('jobs', 'client_id', 4, '2000-01-01')"
    )
    async with searching(database):
        await eventually(lambda: is_shown("jobs", "client_id", 4))
    assert await noted(database) == {("jobs", "client_id"): 4}


async def is_shown(table: str, column: str, rows: int) -> bool:
    return shown(table, column) == rows
