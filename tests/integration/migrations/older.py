"""Databases of older releases, and what their schemas look like."""

import asyncio
from itertools import count
from typing import Final

import asyncpg
import pytest

from deploy.local.postgres import Postgres, binaries
from shared.database.migrations.files import Migration, migrations
from shared.database.migrations.ledger import TABLES
from tests.support.databases import administer

_numbers: Final = count(1)
LAST_SHIPPED_WHOLE: Final = "0024_parked_mails"
"""The last file that releases applied together with all others in one transaction."""


def until(name: str) -> list[Migration]:
    """The migrations up to the one of that name, it included."""
    return [each for each in migrations() if each.name <= name]


async def an_empty_database(postgres: Postgres) -> str:
    name = f"older_{next(_numbers)}"
    await administer(postgres.url, f'CREATE DATABASE "{name}"')
    return f"{postgres.url.rpartition('/')[0]}/{name}"


async def as_shipped(url: str, to_apply: list[Migration]) -> None:
    """Applies the files as the releases did that brought them: the first ones all in one transaction, later ones by
    their steps."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(TABLES.partition(";")[0])
            for each in to_apply:
                if each.name <= LAST_SHIPPED_WHOLE:
                    # PostgreSQL 13 could never run the shipped 0014; its other form leads to the same schema
                    old = each.name == "0014_views" and connection.get_server_version().major < 14
                    await connection.execute(each.steps[0].text if old else each.text)
                    await _note(connection, each)
        for each in to_apply:
            if each.name > LAST_SHIPPED_WHOLE:
                for step in each.steps:
                    await connection.execute(step.text)  # several statements are one transaction
                await _note(connection, each)
    finally:
        await connection.close()


async def _note(connection: asyncpg.Connection, each: Migration) -> None:
    await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", each.name, each.checksum)


async def schema(url: str) -> str:
    """As pg_dump tells it, without what differs from one run of it to the next."""
    dump = binaries() / "pg_dump"
    if not dump.exists():
        pytest.skip(f"this server came without pg_dump: {dump}")
    command = [str(dump), "--schema-only", "--exclude-table=schema_migration*", url]
    dumping = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    dumped, _ = await dumping.communicate()
    assert dumping.returncode == 0
    return "\n".join(line for line in dumped.decode().splitlines() if not line.startswith(("\\", "--")))
