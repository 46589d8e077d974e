"""A fresh database for each test, cloned from a migrated template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

import asyncpg

from shared.database import Database
from shared.database.migrations.runner import migrate
from tests.support.waiting import LONGEST, eventually

TEMPLATE: Final = "template_punctual"
_numbers = count(1)


async def make_template(server_url: str) -> None:
    """Migrates the template once a run."""
    await administer(server_url, f'CREATE DATABASE "{TEMPLATE}"')
    database = await Database.connect(_url(server_url, TEMPLATE), size=2, name="tests", timeout=LONGEST)
    await migrate(database)
    await database.close()


async def a_database(server_url: str, *, tablespace: str | None = None, template: str = TEMPLATE) -> str:
    """The URL of a database of its own, which goes with its cluster."""
    name = f"test_{next(_numbers)}"
    there = f' TABLESPACE "{tablespace}"' if tablespace else ""
    [[version]] = await administer(server_url, "SELECT current_setting('server_version_num')::int / 10000")
    await administer(server_url, _copy(name, template, version) + there)
    return _url(server_url, name)


class Databases:
    """Gives tests databases of their own, by one connection: opening another would cost half as much as a database."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._connection: asyncpg.Connection | None = None

    @asynccontextmanager
    async def own(self) -> AsyncIterator[str]:
        """The URL of a fresh, migrated database for the block. It goes with it, since some hundred would fill a
        memory."""
        name = f"test_{next(_numbers)}"
        administrator = await self._administrator()
        await administrator.execute(_copy(name, TEMPLATE, administrator.get_server_version().major))
        yield _url(self._server_url, name)
        administrator = await self._administrator()
        await administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _administrator(self) -> asyncpg.Connection:
        """The connection; another one if a test has ended it."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(_url(self._server_url, "postgres"))
        return self._connection


def _copy(name: str, template: str, version: int) -> str:
    # copied by the kernel: through the log, as is usual since 15, it costs more than twice the time
    how = " STRATEGY FILE_COPY" if version >= 15 else ""
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}"{how}'


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
    await eventually(lambda: database.fetch(waiting))
