"""Owns the connections to PostgreSQL, and lets go of those whose server has changed under them."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any, Final, Self, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.database.errors import ANOTHER_SERVER, translated, translation
from shared.database.hosts import Hosts
from shared.database.writes import Writes, changed, is_write
from shared.errors import Contention, DatabaseUnavailable, PunctualError
from shared.process.lifecycle import is_cancelled
from shared.process.tls import for_postgres

R = TypeVar("R")

_SETTINGS: Final = {"timezone": "UTC", "jit": "off", "enable_seqscan": "off"}
"""No statement of ours reads a table from end to end where it has an index; but a plan made while a table is new would,
and is kept until the table is analyzed, which may be a minute and ten thousand rows later."""
TRIES: Final = 5
"""Of a statement that the server gave up for the sake of others."""
RETRIED_FOR: Final = 2.0
"""Seconds after which no further try begins: where each waits for a lock, its caller should hear of it."""
_WRITABLE: Final = (
    "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS writable"
)


class Session:
    """One connection inside one transaction."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self._connection = connection

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return await _told(self._connection, self._connection.fetch(statement, *values))

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        return await _told(self._connection, self._connection.fetchrow(statement, *values))

    async def execute(self, statement: str, *values: Any) -> str:
        return await _told(self._connection, self._connection.execute(statement, *values))


class Database:
    """A pool of connections. Statements are prepared once a connection, by asyncpg's own cache.

    Every operation raises DatabaseUnavailable, Contention (once a statement was tried a few times) and ItemRefused, of
    which Occupied and Duplicate are two; anything else is a bug of ours (shared.database.errors).
    """

    def __init__(self, pool: asyncpg.Pool, open_another: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        """`open_another` makes a connection to the same server that is not the pool's."""
        self._pool = pool
        self._open_another = open_another
        self._writes = Writes()
        self._question: asyncio.Task[bool] | None = None

    @classmethod
    async def connect(cls, url: str, *, size: int, name: str, timeout: float = 10.0) -> Self:
        """Opens a pool of at most `size` connections that show as `name` in pg_stat_activity.

        `timeout` (seconds) bounds each statement, so that a paused server is noticed. Of several hosts in the URL the
        one that takes writes is used, and looked for anew with each connection.
        Raises DatabaseUnavailable, ConfigurationError.
        """
        plain, tls = for_postgres(url)
        hosts, settings = Hosts(plain), {"application_name": name} | _SETTINGS
        with translated(connected=False):
            pool = await asyncpg.create_pool(
                plain,
                connect=hosts.connect,
                ssl=tls,
                min_size=0,  # a floor is kept by a task of asyncpg's, which logs a traceback a second in an outage
                init_size=1,
                max_size=size,
                timeout=timeout,
                command_timeout=timeout,
                reset=_leave_as_it_is,
                server_settings=settings,
            )
        return cls(pool, partial(hosts.connect, ssl=tls, timeout=timeout, server_settings=settings))

    async def close(self, *, within: float = 5.0) -> None:
        """Closes every connection, by force after `within` seconds."""
        if self._question is not None:
            self._question.cancel()
        try:
            with translated(connected=False):
                await asyncio.wait_for(self._pool.close(), within)
        except DatabaseUnavailable:
            self._pool.terminate()

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return await self._tried(statement, lambda connection: connection.fetch(statement, *values))

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        return await self._tried(statement, lambda connection: connection.fetchrow(statement, *values))

    async def execute(self, statement: str, *values: Any) -> str:
        return await self._tried(statement, lambda connection: connection.execute(statement, *values))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        What the server gave up for the sake of others is not tried again here: the block is the caller's.
        """
        connection = await self._acquire()
        raised: BaseException | None = None
        try:
            async with connection.transaction():
                try:
                    yield Session(connection)
                except BaseException as error:
                    raised = error
                    raise
        except BaseException as error:
            await self._let_go(raised or error)
            if raised is not None:
                raise raised from raised.__cause__  # and not what became of the rollback
            if (ours := _ours(error, connection)) is None:
                raise
            raise ours from error
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the caller's own, for work that takes long or keeps state in its session: it has no time-out
        of statements, and raises the driver's errors as they are. Raises DatabaseUnavailable when it cannot be made."""
        with translated(connected=False):
            connection = await self._open_another()
        try:
            yield connection
        finally:
            connection.terminate()

    async def answers(self, *, within: float = 2.0) -> bool:
        """Whether the server answers just now, in `within` seconds, and takes writes.

        Those who ask at once share one question. Nobody waits for its end: the driver, when it gives a statement up,
        waits for the server once more.
        """
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self._is_writable(within), name="database-question")
        question = self._question
        await asyncio.wait({question}, timeout=within)
        return question.done() and not question.cancelled() and question.result()

    async def _is_writable(self, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                row = await self.fetchrow(_WRITABLE)
        except (PunctualError, TimeoutError):
            return False
        if row is None or not row["writable"]:
            await self._pool.expire_connections()
            return False
        return True

    async def serves(self) -> bool:
        """Whether it is of use: it answers, takes writes, and does not refuse them one after the other (a full disk, a
        right that was taken away): a check of readiness."""
        return await self.answers() and self._writes.are_taken

    @property
    def connections(self) -> tuple[int, int]:
        """Connections (open, idle) of the pool."""
        return self._pool.get_size(), self._pool.get_idle_size()

    @property
    def most_connections(self) -> int:
        """Connections that the pool may open."""
        return self._pool.get_max_size()

    async def _tried(self, statement: str, work: Callable[[PoolConnectionProxy], Awaitable[R]]) -> R:
        """One that changes something is noted: whether the database takes writes."""
        if not is_write(statement):
            return await self._insisted(work)
        try:
            answer = await self._insisted(work)
        except DatabaseUnavailable:
            self._writes.refused()
            raise
        if changed(answer):
            self._writes.taken()
        return answer

    async def _insisted(self, work: Callable[[PoolConnectionProxy], Awaitable[R]]) -> R:
        """A statement of its own: nothing of it is done where the server has given it up, so it is tried again."""
        give_up = monotonic() + RETRIED_FOR
        for tries in range(1, TRIES + 1):
            try:
                return await self._once(work)
            except Contention:
                if tries == TRIES or monotonic() > give_up or is_cancelled():
                    raise
                await asyncio.sleep(random.random() * 0.01 * tries)  # noqa: S311 - so that two do not meet again
        raise AssertionError  # pragma: no cover - the last try has returned or raised

    async def _once(self, work: Callable[[PoolConnectionProxy], Awaitable[R]]) -> R:
        connection = await self._acquire()
        try:
            return await work(connection)
        except BaseException as error:
            await self._let_go(error)
            if (ours := _ours(error, connection)) is None:
                raise
            raise ours from error
        finally:
            await self._release(connection)

    async def _acquire(self) -> PoolConnectionProxy:
        with translated(connected=False):
            return await self._pool.acquire()

    async def _release(self, connection: PoolConnectionProxy) -> None:
        with translated(connected=False):
            await self._pool.release(connection)

    async def _let_go(self, error: BaseException) -> None:
        """Every connection is made anew where its server is no longer what it was."""
        cause = error.__cause__ if isinstance(error, PunctualError) else error
        if isinstance(cause, asyncpg.PostgresError) and cause.sqlstate in ANOTHER_SERVER:
            await self._pool.expire_connections()


Executor = Database | Session
"""What a store takes: the pool for a statement of its own, a session to join the caller's transaction."""


async def _told(connection: PoolConnectionProxy, work: Awaitable[R]) -> R:
    try:
        return await work
    except BaseException as error:
        if (ours := _ours(error, connection)) is None:
            raise
        raise ours from error


def _ours(error: BaseException, connection: PoolConnectionProxy) -> PunctualError | None:
    """Our error for the driver's; None where it is a bug, or the running task was asked to end."""
    if isinstance(error, asyncio.CancelledError) and is_cancelled():
        return None
    return translation(error, connected=_usable(connection))


def _usable(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back meanwhile
        return False


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """No session state is ever set here, so giving a connection back costs no round trip."""
