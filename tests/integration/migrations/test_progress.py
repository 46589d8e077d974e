"""What is said while a step takes long, and what happens when its connection is gone."""

import asyncio
from collections.abc import Awaitable
from typing import Final

import asyncpg
import pytest
from structlog.testing import capture_logs

from shared.database import Database
from shared.database.migrations import progress
from shared.database.migrations.progress import watched
from shared.errors import DatabaseUnavailable
from tests.support.waiting import eventually

NAMES: Final = {"migration": "0000_test", "step": "wait"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.05)


async def test_a_build_that_waits_is_told_with_its_phase(database: Database, database_url: str) -> None:
    holder = await asyncpg.connect(database_url)
    shares: list[float] = []
    async with database.dedicated() as connection:
        async with holder.transaction():
            await holder.execute("LOCK TABLE jobs IN ROW EXCLUSIVE MODE")
            build = connection.execute("CREATE INDEX CONCURRENTLY built ON jobs (reason)")
            with capture_logs() as logged:
                run = asyncio.create_task(watched(database, connection, nothing(build), shares.append, **NAMES))
                await eventually(lambda: "waiting for writers" in str(logged))
        await run
    await holder.close()
    assert all(0 <= share <= 1 for share in shares)
    [told, *_] = [entry for entry in logged if "phase" in entry]
    assert (told["event"], told["migration"], told["step"]) == ("migration goes on", "0000_test", "wait")


async def test_a_connection_that_the_server_no_longer_knows_is_given_up(database: Database) -> None:
    async with database.dedicated() as connection:
        await database.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        gone = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"
        await eventually(lambda: database.fetch(gone, connection.get_server_pid()))
        with pytest.raises(DatabaseUnavailable, match="gone"):
            await watched(database, connection, nothing(asyncio.Event().wait()), print, **NAMES)
        assert connection.is_closed()


async def test_what_the_work_raises_is_raised(database: Database) -> None:
    async with database.dedicated() as connection:
        with pytest.raises(asyncpg.UndefinedTableError):
            await watched(database, connection, nothing(connection.execute("SELECT FROM nowhere")), print, **NAMES)


async def nothing(work: Awaitable[object]) -> None:
    """Awaits the work and answers nothing, as a step does."""
    await work
