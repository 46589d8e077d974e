"""Measures what a view costs beside its time by the clock: CPU time of the API and of PostgreSQL, statements and their
time. Other work on the machine changes these figures little."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import asyncpg

from shared.database.sql_file import statements
from tests.bench.servers import connected

_SQL: Final = statements("tests.bench.sql", "spent.sql")
EXTENSION: Final = "pg_stat_statements"
"""Counts statements and their time. A server has it by this setting: shared_preload_libraries."""


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU milliseconds of both, milliseconds of the server for statements and their plans, and their number."""

    api: float
    postgres: float
    sql: float
    statements: int

    @property
    def cpu(self) -> float:
        return self.api + self.postgres

    def __sub__(self, earlier: Self) -> "Spent":
        return Spent(
            self.api - earlier.api,
            self.postgres - earlier.postgres,
            self.sql - earlier.sql,
            self.statements - earlier.statements,
        )


class Meter:
    """Counts since the start. Backends count from their own start, so an ended one would be subtracted: the pool of an
    API keeps its connections for the minutes of a round."""

    def __init__(self, connection: asyncpg.Connection, api: Sequence[int]) -> None:
        """`api`: its processes."""
        self._connection = connection
        self._api = api

    async def now(self) -> Spent:
        [row] = await self._connection.fetch(_SQL["spent"])
        return Spent(
            sum(map(_cpu_milliseconds, self._api)),
            sum(map(_cpu_milliseconds, row["backends"])),
            row["sql"],
            row["calls"],
        )


async def prepare(url: str) -> None:
    """Makes the extension in a database whose server has it loaded."""
    async with connected(url) as database:
        await database.execute(_SQL["prepare"])


@asynccontextmanager
async def metering(url: str, api: Sequence[int]) -> AsyncIterator[Meter]:
    """A meter with a connection of its own. Its statements are not counted."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_SQL["leave_out"])
        yield Meter(connection, api)
    finally:
        await connection.close()


def _cpu_milliseconds(pid: int) -> float:
    """0 for a process that has ended. Nanoseconds of the scheduler: finer than the ticks of /proc/PID/stat."""
    return sum(_nanoseconds(pid)) / 1e6


def _nanoseconds(pid: int) -> Iterator[int]:
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield int((task / "schedstat").read_text("ascii").split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return
