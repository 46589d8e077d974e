"""Reports the progress and the warnings of a step, and notices when its connection is gone."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

import asyncpg
import structlog

from shared.database.pool import Database
from shared.errors import Contention, DatabaseUnavailable

log = structlog.get_logger("shared.database.migrations")

EVERY: Final = 10.0
"""Seconds between two looks at a running step."""
SILENT: Final = 6
"""The number of looks in a row that may stay without an answer."""
_LOOK: Final = """
SELECT a.wait_event_type, p.phase, round(100.0 * p.blocks_done / nullif(p.blocks_total, 0))::int AS percent
  FROM pg_stat_activity a
  LEFT JOIN pg_stat_progress_create_index p ON p.pid = a.pid
 WHERE a.pid = $1
"""


async def watched(
    database: Database,
    connection: asyncpg.Connection,
    work: Coroutine[Any, Any, None],
    done: Callable[[float], None],
    *,
    migration: str,
    step: str,
) -> None:
    """Awaits the work, logs its progress every ten seconds, and tells `done` which share of an index is built.

    Raises the work's errors. Raises DatabaseUnavailable when the server has not answered for a minute, or no longer
    knows the connection. Otherwise a statement without a time-out would be awaited until TCP gives up.
    """
    began, silent, pid = monotonic(), 0, connection.get_server_pid()
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=EVERY))[0]:
            row = await _look(database, pid)
            silent = silent + 1 if row is None else 0
            if silent >= SILENT:
                raise DatabaseUnavailable("the connection that migrates is gone")
            if row is not None and row["percent"] is not None:
                done(share_of_index(row["phase"], row["percent"]))
            known = {} if row is None else {name: value for name, value in row.items() if value is not None}
            log.info("migration goes on", migration=migration, step=step, seconds=round(monotonic() - began), **known)
        return task.result()
    finally:
        if not task.done():
            connection.terminate()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def share_of_index(phase: str, percent: int) -> float:
    """How much of CREATE INDEX CONCURRENTLY is done, 0 to 1: it reads the table twice, and counts the blocks anew each
    time. https://www.postgresql.org/docs/current/progress-reporting.html

    >>> share_of_index("building index: scanning table", 50), share_of_index("index validation: scanning table", 50)
    (0.25, 0.75)
    """
    return percent / 200 + (0.5 if phase.startswith("index validation") else 0.0)


@contextmanager
def warnings_logged(connection: asyncpg.Connection) -> Iterator[None]:
    """Logs each WARNING of the server, as a step raises for what it has to leave undone."""

    def heard(_: object, message: asyncpg.PostgresLogMessage) -> None:
        if message.severity_en == "WARNING":
            log.warning("migration warns", text=message.message)

    connection.add_log_listener(heard)
    try:
        yield
    finally:
        connection.remove_log_listener(heard)


async def _look(database: Database, pid: int) -> asyncpg.Record | None:
    try:
        return await database.fetchrow(_LOOK, pid)
    except (DatabaseUnavailable, Contention):
        return None
