"""A fresh database for each test, cloned from a migrated template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

import asyncpg

from shared.database import Database
from shared.database.migrations.runner import migrate
from tests.support.waiting import eventually

TEMPLATE: Final = "template_punctual"
_numbers = count(1)


async def make_template(server_url: str) -> None:
    """Migrates the template once a run."""
    await administer(server_url, f'CREATE DATABASE "{TEMPLATE}"')
    database = await Database.connect(_url(server_url, TEMPLATE), size=2, name="tests")
    await migrate(database)
    await database.close()


async def a_database(server_url: str, *, tablespace: str | None = None, template: str = TEMPLATE) -> str:
    """The URL of a database of its own, which goes with its cluster."""
    name = f"test_{next(_numbers)}"
    there = f' TABLESPACE "{tablespace}"' if tablespace else ""
    [[version]] = await administer(server_url, "SELECT current_setting('server_version_num')::int")
    # copied by the kernel: through the log, as is usual since 15, it costs more than twice the time
    how = " STRATEGY FILE_COPY" if version >= 150000 else ""
    await administer(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"{how}{there}')
    return _url(server_url, name)


@asynccontextmanager
async def own_database(server_url: str) -> AsyncIterator[str]:
    """The same for the block. It goes with it, since some hundred would fill a memory."""
    url = await a_database(server_url)
    yield url
    await administer(server_url, f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')


def _url(server_url: str, name: str) -> str:
    return f"{server_url.rpartition('/')[0]}/{name}"


async def administer(server_url: str, statement: str) -> list[asyncpg.Record]:
    """Runs a statement of a cluster, which may be one that no transaction allows; its rows."""
    connection = await asyncpg.connect(_url(server_url, "postgres"))
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def blocked(database: Database) -> None:
    """Returns when a transaction in this database waits for another's lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await eventually(lambda: database.fetch(waiting), within=10)
