"""A fresh database for each test, cloned from a migrated template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

import asyncpg

from shared.database import Database
from shared.migrations.runner import migrate

TEMPLATE: Final = "template_punctual"
_numbers = count(1)


async def make_template(server_url: str) -> None:
    """Migrates the template once a run."""
    await _administer(server_url, f'CREATE DATABASE "{TEMPLATE}"')
    database = await Database.connect(_url(server_url, TEMPLATE), size=2, name="tests")
    await migrate(database)
    await database.close()


@asynccontextmanager
async def a_database(server_url: str) -> AsyncIterator[str]:
    """The URL of a database of its own, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    await _administer(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    try:
        yield _url(server_url, name)
    finally:
        await _administer(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _url(server_url: str, name: str) -> str:
    return f"{server_url.rpartition('/')[0]}/{name}"


async def _administer(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(_url(server_url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
