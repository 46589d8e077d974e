"""A run that is interrupted anywhere is taken up by the next; runs that begin together do everything once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from deploy.local.postgres import Postgres
from shared.database import Database
from shared.database.migrations import locks, runner
from shared.database.migrations.files import Migration, Step, migrations
from shared.database.migrations.ledger import note_step
from shared.database.migrations.runner import migrate
from shared.errors import Contention, DatabaseUnavailable
from tests.integration.migrations.older import an_empty_database, as_shipped, schema, until
from tests.support.waiting import eventually


@pytest.fixture
async def url(postgres: Postgres) -> str:
    return await an_empty_database(postgres)


class Interrupted(Exception):
    pass


async def test_a_run_that_ends_after_any_step_and_before_its_note_is_taken_up(
    url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: set[tuple[str, str]] = set()

    async def interrupted_once(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
        if (migration.name, step.name) not in begun:
            begun.add((migration.name, step.name))
            raise Interrupted
        await note_step(connection, migration, step)

    monkeypatch.setattr(runner, "note_step", interrupted_once)
    everything = sum(len(each.steps) for each in migrations())
    async with database_at(url) as database:
        for _ in range(everything):
            with pytest.raises(Interrupted):
                await migrate(database)
        await migrate(database)
    assert len(begun) == everything
    assert await schema(url) == await schema(database_url)


async def test_an_index_whose_build_was_killed_is_built_again(url: str, database_url: str) -> None:
    await as_shipped(url, until("0001_booking_and_jobs"))
    holder = await asyncpg.connect(url)
    async with database_at(url) as database:
        async with holder.transaction():
            await holder.execute("LOCK TABLE jobs IN ROW EXCLUSIVE MODE")  # as a booking that has not committed
            run = asyncio.create_task(migrate(database))
            await eventually(lambda: database.fetch(_BROKEN))
            await database.execute(_KILL)
            with pytest.raises(DatabaseUnavailable):
                await run
        assert await database.fetch(_BROKEN)
        await migrate(database)
        assert await database.fetch(_BROKEN) == []
    await holder.close()
    assert await schema(url) == await schema(database_url)


async def test_runs_that_begin_together_apply_each_migration_once(url: str) -> None:
    async with database_at(url) as database:
        answers = await asyncio.gather(*(migrate(database) for _ in range(5)))
        rows = await database.fetch("SELECT name FROM schema_migrations")
    applied = Counter(name for names in answers for name in names)
    assert applied == Counter(each.name for each in migrations())
    assert {row["name"] for row in rows} == set(applied)


async def test_bookings_go_on_while_a_change_waits_for_a_lock(url: str) -> None:
    """A dump, or a report that somebody runs, holds the lock; whoever comes behind the change must not wait for it."""
    await as_shipped(url, until("0002_delayed"))
    reader = await asyncpg.connect(url)
    async with database_at(url) as database:
        async with reader.transaction():
            await reader.fetch("SELECT FROM jobs")
            with capture_logs() as logged:
                run = asyncio.create_task(migrate(database))
                for times in (1, 2, 3):
                    await eventually(partial(gave_way, logged, times))
                    await database.execute(_BOOK)
            assert not run.done()
        assert "0003_data_begun" in await run
    await reader.close()


async def test_a_change_gives_up_when_the_lock_is_never_free(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT", 0.0)
    await as_shipped(url, until("0002_delayed"))
    reader = await asyncpg.connect(url)
    async with database_at(url) as database, reader.transaction():
        await reader.fetch("SELECT FROM jobs")
        with pytest.raises(Contention, match="0003_data_begun"):
            await migrate(database)
    await reader.close()


async def test_a_lock_that_another_session_has_taken_meanwhile_ends_the_run(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that gives each transaction another session."""

    async def lost(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
        await note_step(connection, migration, step)
        await connection.execute("SELECT pg_advisory_unlock_all()")

    monkeypatch.setattr(runner, "note_step", lost)
    async with database_at(url) as database:
        with pytest.raises(DatabaseUnavailable, match="pooler"):
            await migrate(database)


def gave_way(logged: list[MutableMapping[str, Any]], times: int) -> bool:
    return [entry["event"] for entry in logged].count("migration gives way to a lock") >= times


@asynccontextmanager
async def database_at(url: str) -> AsyncIterator[Database]:
    database = await Database.connect(url, size=4, name="tests")
    try:
        yield database
    finally:
        await database.close()


_BROKEN = "SELECT FROM pg_index WHERE NOT indisvalid AND indexrelid::regclass::text = 'jobs_delayed'"
_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND datname = current_database()"
)
_BOOK = "UPDATE jobs SET state = state"
