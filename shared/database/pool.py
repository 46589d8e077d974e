"""Owns the connections to PostgreSQL, and replaces them when their server is no longer the right one."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any, Final, Self, TypeVar

import asyncpg
from asyncpg.cursor import Cursor
from asyncpg.pool import PoolConnectionProxy

from shared.database.errors import ANOTHER_SERVER, translated, translation
from shared.database.hosts import Hosts
from shared.database.writes import Writes, changed, is_write
from shared.errors import Contention, DatabaseUnavailable, PunctualError
from shared.process.lifecycle import is_cancelled
from shared.process.tls import for_postgres

R = TypeVar("R")

_SETTINGS: Final = {"timezone": "UTC", "jit": "off", "enable_seqscan": "off"}
"""Our statements never read a table from end to end if it has an index. But a plan made for a new, empty table would,
and PostgreSQL keeps it until the table is analyzed: a minute and ten thousand rows later, perhaps."""
PAGE: Final = 500
"""Rows of one list, where a result may be long: a hundredth of a second of work."""
TRIES: Final = 5
"""Attempts of a statement that the server gives up in favour of others."""
RETRIED_FOR: Final = 2.0
"""Seconds after which no further attempt begins. Each attempt may wait for a lock, and the caller should hear of it."""
_WRITABLE: Final = (
    "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS writable"
)


class Session:
    """One connection in one transaction."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self._connection = connection

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return await _told(self._connection, self._connection.fetch(statement, *values))

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        return await _told(self._connection, self._connection.fetchrow(statement, *values))

    async def execute(self, statement: str, *values: Any) -> str:
        return await _told(self._connection, self._connection.execute(statement, *values))

    async def pages(self, statement: str, *values: Any, size: int = PAGE) -> AsyncIterator[list[asyncpg.Record]]:
        """The rows of a statement in lists of at most `size`, by a cursor of the server: other tasks run between two
        lists, and memory holds one of them."""
        cursor = await _told(self._connection, _opened(self._connection, statement, values))
        while rows := await _told(self._connection, cursor.fetch(size)):
            yield rows


class Database:
    """A pool of connections. asyncpg's cache prepares each statement once for each connection.

    Every operation raises DatabaseUnavailable, Contention (after several attempts) and ItemRefused, of which Occupied
    and Duplicate are kinds. Anything else is our bug (shared.database.errors).
    """

    def __init__(self, pool: asyncpg.Pool, open_another: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        """`open_another` opens a connection to the same server, outside the pool."""
        self._pool = pool
        self._open_another = open_another
        self._writes = Writes()
        self._question: asyncio.Task[bool] | None = None

    @classmethod
    async def connect(cls, url: str, *, size: int, name: str, timeout: float = 10.0) -> Self:
        """Opens a pool of at most `size` connections, shown as `name` in pg_stat_activity. `timeout`: seconds that a
        statement may take, so that a paused server is noticed. If the URL names several hosts, each new connection goes
        to the one that takes writes.

        Raises DatabaseUnavailable, ConfigurationError.
        """
        plain, tls = for_postgres(url)
        hosts, settings = Hosts(plain), {"application_name": name} | _SETTINGS
        with translated(connected=False):
            pool = await asyncpg.create_pool(
                plain,
                connect=hosts.connect,
                ssl=tls,
                min_size=0,  # for a minimum, a task of asyncpg would log a traceback every second of an outage
                init_size=1,
                max_size=size,
                timeout=timeout,
                command_timeout=timeout,
                reset=_leave_as_it_is,
                server_settings=settings,
            )
        return cls(pool, partial(hosts.connect, ssl=tls, timeout=timeout, server_settings=settings))

    async def close(self, *, within: float = 5.0) -> None:
        """Closes every connection; by force after `within` seconds."""
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
        """One transaction: committed at the end of the block, rolled back when the block raises.

        A transaction that the server gives up in favour of others is not tried again here, since the block belongs to
        the caller.
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
                raise raised from raised.__cause__  # not the error of the rollback
            if (ours := _ours(error, connection)) is None:
                raise
            raise ours from error
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for the caller alone, for long work or for state in its session. Its statements have no
        time-out, and the driver's errors stay as they are. Raises DatabaseUnavailable when no connection can be
        opened."""
        with translated(connected=False):
            connection = await self._open_another()
        try:
            yield connection
        finally:
            connection.terminate()

    async def answers(self, *, within: float = 2.0) -> bool:
        """Whether the server answers within `within` seconds, and takes writes.

        Callers of the same moment share one question. Nobody waits for its end: when the driver gives up a statement,
        it waits for the server once more.
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
        """Whether the database is usable: it answers, takes writes, and does not refuse every write (a full disk, a
        removed permission). For readiness probes."""
        return await self.answers() and self._writes.are_taken

    @property
    def connections(self) -> tuple[int, int]:
        """The numbers of open and of idle connections in the pool."""
        return self._pool.get_size(), self._pool.get_idle_size()

    @property
    def most_connections(self) -> int:
        """The largest number of connections in the pool."""
        return self._pool.get_max_size()

    async def _tried(self, statement: str, work: Callable[[PoolConnectionProxy], Awaitable[R]]) -> R:
        """Watches a statement that writes: its result says whether the database takes writes."""
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
        """Runs a statement of its own. When the server gave it up, nothing of it was done, so it is tried again."""
        give_up = monotonic() + RETRIED_FOR
        for tries in range(1, TRIES + 1):
            try:
                return await self._once(work)
            except Contention:
                if tries == TRIES or monotonic() > give_up or is_cancelled():
                    raise
                await asyncio.sleep(random.random() * 0.01 * tries)  # noqa: S311 - so that two do not meet again
        raise AssertionError  # pragma: no cover - the last attempt has returned or raised

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
        """Closes every connection whose server may no longer be the right one."""
        cause = error.__cause__ if isinstance(error, PunctualError) else error
        if isinstance(cause, asyncpg.PostgresError) and cause.sqlstate in ANOTHER_SERVER:
            await self._pool.expire_connections()


Executor = Database | Session
"""The argument of a store: the pool, for a statement of its own; or a session, to join the caller's transaction."""


async def _opened(connection: PoolConnectionProxy, statement: str, values: tuple[Any, ...]) -> Cursor:
    return await connection.cursor(statement, *values)


async def _told(connection: PoolConnectionProxy, work: Awaitable[R]) -> R:
    try:
        return await work
    except BaseException as error:
        if (ours := _ours(error, connection)) is None:
            raise
        raise ours from error


def _ours(error: BaseException, connection: PoolConnectionProxy) -> PunctualError | None:
    """Our error for a driver's error; None when it is our bug, or when the running task was cancelled on purpose."""
    if isinstance(error, asyncio.CancelledError) and is_cancelled():
        return None
    return translation(error, connected=_usable(connection))


def _usable(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back already
        return False


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Skips asyncpg's reset: no session state is ever set here, so returning a connection costs no round trip."""
