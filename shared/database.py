"""Owns the connections to PostgreSQL, and turns their driver's errors into ours."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Self

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.backoff import reconnect_delays
from shared.errors import DatabaseUnavailable, PunctualError
from shared.tls import for_postgres

_AWAY: Final = (
    OSError,  # refused, reset, timed out
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,  # starting up or shutting down
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,  # "connection is closed" and its kin
    asyncpg.InternalClientError,
)
_SETTINGS: Final = {"timezone": "UTC", "jit": "off", "enable_seqscan": "off"}
"""No statement of ours reads a table from end to end where it has an index; but a plan made while a table is new would,
and is kept until the table is analyzed, which may be a minute and ten thousand rows later."""
_RETRYABLE: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class StatementAborted(DatabaseUnavailable):
    """The server rolled the transaction back for the sake of others (deadlock, serialization)."""


class Occupied(PunctualError):
    """An exclusion constraint refused the row: something overlaps it."""


class Duplicate(PunctualError):
    """A unique constraint refused the row: there is one such already."""


@contextmanager
def translated() -> Iterator[None]:
    """Raises DatabaseUnavailable from whatever the driver raises while the server is away."""
    try:
        yield
    except asyncpg.ExclusionViolationError as error:
        raise Occupied(error.constraint_name or "") from error
    except asyncpg.UniqueViolationError as error:
        raise Duplicate(error.constraint_name or "") from error
    except _RETRYABLE as error:
        raise StatementAborted(str(error)) from error
    except _AWAY as error:
        raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error


class Session:
    """One connection inside one transaction."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self._connection = connection

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        with translated():
            return await self._connection.fetch(statement, *values)

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        with translated():
            return await self._connection.fetchrow(statement, *values)

    async def execute(self, statement: str, *values: Any) -> str:
        with translated():
            return await self._connection.execute(statement, *values)


class Database:
    """A pool of connections. Statements are prepared once a connection, by asyncpg's own cache."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, url: str, *, size: int, name: str, timeout: float = 10.0) -> Self:
        """Opens a pool of at most `size` connections that show as `name` in pg_stat_activity.

        `timeout` (seconds) bounds each statement, so that a paused server is noticed.
        Raises DatabaseUnavailable, ConfigurationError.
        """
        plain, tls = for_postgres(url)
        with translated():
            pool = await asyncpg.create_pool(
                plain,
                ssl=tls,
                min_size=1,
                max_size=size,
                timeout=timeout,
                command_timeout=timeout,
                reset=_leave_as_it_is,
                server_settings={"application_name": name} | _SETTINGS,
            )
        return cls(pool)

    async def close(self, *, within: float = 5.0) -> None:
        """Closes every connection, by force after `within` seconds."""
        try:
            await asyncio.wait_for(self._pool.close(), within)
        except (TimeoutError, *_AWAY):
            self._pool.terminate()

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        with translated():
            return await self._pool.fetch(statement, *values)

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        with translated():
            return await self._pool.fetchrow(statement, *values)

    async def execute(self, statement: str, *values: Any) -> str:
        with translated():
            return await self._pool.execute(statement, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                yield Session(connection)

    async def answers(self, *, within: float = 2.0) -> bool:
        """Whether the server answers just now, in `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self.execute("SELECT 1")
        except (DatabaseUnavailable, TimeoutError):
            return False
        return True

    @property
    def connections(self) -> tuple[int, int]:
        """Connections (open, idle) of the pool."""
        return self._pool.get_size(), self._pool.get_idle_size()

    @property
    def most_connections(self) -> int:
        """Connections that the pool may open."""
        return self._pool.get_max_size()


Executor = Database | Session
"""What a store takes: the pool for a statement of its own, a session to join the caller's transaction."""


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """No session state is ever set here, so giving a connection back costs no round trip."""


async def listening(url: str, channel: str, heard: Callable[[], None]) -> None:
    """Calls `heard` for every NOTIFY on a channel, on a connection of its own, until cancelled.

    While the server is away it tries again for ever; `heard` is called after each reconnect, too.
    """
    plain, tls = for_postgres(url)
    delays = reconnect_delays(random.random())  # noqa: S311 - spreads reconnects, guards nothing
    while True:
        gone = asyncio.Event()
        try:
            connection = await asyncpg.connect(plain, ssl=tls, timeout=10)
            connection.add_termination_listener(lambda _, gone=gone: gone.set())
            await connection.add_listener(channel, lambda *_: heard())
        except _AWAY:
            await asyncio.sleep(next(delays))
            continue
        delays = reconnect_delays(random.random())  # noqa: S311 - as above
        heard()
        try:
            await gone.wait()
        finally:
            connection.terminate()
