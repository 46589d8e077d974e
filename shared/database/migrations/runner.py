"""Brings a database to the newest schema while others use it; safe with any number of instances that start at once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import asyncpg
import structlog

from shared.database import Database, translated
from shared.database.migrations.files import Migration, Step, migrations
from shared.database.migrations.ledger import TABLES, Missing, missing, note_migration, note_step
from shared.database.migrations.locks import one_at_a_time, still_ours, with_retries
from shared.database.migrations.pieces import Pieces, table_sizes
from shared.database.migrations.progress import warnings_logged, watched
from shared.errors import DatabaseUnavailable
from shared.process.progress import ProgressBar

log = structlog.get_logger("shared.database.migrations")

_LOCK_TIMEOUT: Final = 400
"""Milliseconds that a step waits for a lock on a table. All later statements on the table wait behind it."""
_SETTINGS: Final = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "enable_seqscan": "on",
}
"""An index on ten million rows takes minutes. Sequential scans are right here, unlike for bookings
(shared.database.pool)."""


async def migrate(database: Database, shown: ProgressBar | None = None) -> list[str]:
    """Applies the missing migrations, step by step. Returns their names. Other instances that start meanwhile wait. An
    interrupted run is continued by the next one. `shown` shows the progress, by the rows of each step's tables.

    Raises ConfigurationError when an applied migration was edited since, DatabaseUnavailable, and Contention when
    others hold a lock for too long.
    """
    async with _session(database) as connection:
        if not await missing(connection):
            return []
        async with one_at_a_time(connection), _without_time_outs(connection):
            await connection.execute(TABLES)
            to_come = await missing(connection)
            pieces = Pieces(shown, await table_sizes(connection), to_come)
            with warnings_logged(connection):
                for each in to_come:
                    await _apply(database, connection, each, pieces)
    return [each.migration.name for each in to_come]


async def plan(database: Database) -> list[Missing]:
    """Describes the steps that `migrate` would take now; changes nothing. Raises ConfigurationError,
    DatabaseUnavailable."""
    async with _session(database) as connection:
        return await missing(connection)


async def require_newest(database: Database) -> None:
    """For processes that do not migrate: waits for the newest schema, as for a database that is away.

    Raises DatabaseUnavailable.
    """
    row = await database.fetchrow("SELECT to_regclass('schema_migrations') IS NOT NULL AS begun")
    rows = await database.fetch("TABLE schema_migrations") if row is not None and row["begun"] else []
    lacking = {each.name for each in migrations()} - {row["name"] for row in rows}
    if lacking:
        raise DatabaseUnavailable(f"its schema lacks {max(lacking)}, which `api-service migrate` applies")


@asynccontextmanager
async def _session(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """One connection for the whole run, since the run's lock belongs to it. Translates the driver's errors."""
    with translated(connected=False):
        async with database.dedicated() as connection:
            yield connection


@asynccontextmanager
async def _without_time_outs(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The settings are reset at the end: behind a pooler, the session then serves others."""
    await still_ours(connection)
    await connection.execute("; ".join(f"SET {name} = {value}" for name, value in _SETTINGS.items()))
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("; ".join(f"RESET {name}" for name in _SETTINGS))


async def _apply(database: Database, connection: asyncpg.Connection, each: Missing, pieces: Pieces) -> None:
    began = monotonic()
    for step in each.steps:
        with pieces.of(each.migration, step) as done:
            await _step(database, connection, each.migration, step, done)
    async with connection.transaction():
        await still_ours(connection)
        await note_migration(connection, each.migration)
    log.info("migration applied", migration=each.migration.name, seconds=round(monotonic() - began, 3))


async def _step(
    database: Database, connection: asyncpg.Connection, migration: Migration, step: Step, done: Callable[[float], None]
) -> None:
    began = monotonic()
    work = _in_transaction if step.in_transaction else _outside
    names = {"migration": migration.name, "step": step.name}
    running = with_retries(lambda: work(connection, migration, step), **names)
    await watched(database, connection, running, done, **names)
    log.info("migration step done", **names, seconds=round(monotonic() - began, 3))


async def _in_transaction(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
    """Runs a step and notes it, both or neither."""
    async with connection.transaction():
        await still_ours(connection)
        await connection.execute(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT}")
        await connection.execute(step.text)
        await note_step(connection, migration, step)


async def _outside(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
    """Runs one statement outside a transaction. If the process ends before the note, the next run repeats the
    statement: it keeps a valid index, and drops a broken one first."""
    await still_ours(connection)
    if step.index is None or not await _is_built(connection, step.index):
        await connection.execute(step.text)
    await note_step(connection, migration, step)


async def _is_built(connection: asyncpg.Connection, index: str) -> bool:
    """Drops the index that an interrupted build has left. PostgreSQL maintains such an index, and never uses it.
    https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"""
    valid = await connection.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1))", index
    )
    if valid is False:
        log.warning("an index that was left unfinished is dropped", index=index)
        await connection.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"')
    return bool(valid)
