"""The plan of an upgrade names the locks that PostgreSQL takes: compared for every step of every migration."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from deploy.local.postgres import Postgres
from shared.database.migrations.files import Step, migrations
from shared.database.migrations.ledger import TABLES
from shared.database.migrations.lock_modes import Lock, locks_of
from shared.database.migrations.plan import NAMES, read_names
from tests.integration.migrations.older import an_empty_database

_TABLES: Final = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace"
_HELD: Final = """
SELECT c.relname, l.mode
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid()
   AND l.granted
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_MODES: Final = {f"{each.words.title().replace(' ', '')}Lock": each for each in Lock}


async def test_every_step_takes_the_locks_that_the_plan_names(postgres: Postgres) -> None:
    connection = await asyncpg.connect(await an_empty_database(postgres))
    await connection.execute(TABLES)
    differences = {}
    for migration in migrations():
        for step in migration.steps:
            planned, held = await _both(connection, step)
            if planned != held:
                differences[migration.name, step.name] = {*planned.items()} ^ {*held.items()}
    await connection.close()
    assert differences == {}


async def _both(connection: asyncpg.Connection, step: Step) -> tuple[Mapping[str, Lock], Mapping[str, Lock]]:
    """What was planned, and what was taken, on tables and views that were there before."""
    there = {row["relname"] for row in await connection.fetch(_TABLES)}
    names = read_names(await connection.fetch(NAMES))
    planned = {table: lock for table, lock in locks_of(step, names).items() if table in there}
    if not step.in_transaction:  # its locks have gone with it; PostgreSQL's documentation has them
        await connection.execute(step.text)
        assert set(planned.values()) == {Lock.SHARE_UPDATE_EXCLUSIVE}
        return planned, planned
    held: dict[str, Lock] = {}
    async with connection.transaction():
        await connection.execute(step.text)
        for row in await connection.fetch(_HELD):
            if row["mode"] in _MODES and row["relname"] in there:
                lock = _MODES[row["mode"]]
                held[row["relname"]] = max(lock, held.get(row["relname"], lock))
    return planned, held
