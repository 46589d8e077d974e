"""Lets one instance migrate at a time, and keeps it from blocking others for long."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import asyncpg
import structlog

from shared.errors import Contention, DatabaseUnavailable

log = structlog.get_logger("shared.database.migrations")

_LOCK: Final = 0x50554E43  # "PUNC": a number that nobody else uses
_ASK_EVERY: Final = 0.25
_TELL_EVERY: Final = 30.0
LONGEST_WAIT: Final = 600.0
"""Seconds for which a step tries again while others hold a lock that it needs."""
_LONGEST_PAUSE: Final = 5.0


@asynccontextmanager
async def one_at_a_time(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Waits until no other session migrates. The lock belongs to the session, and ends with it.

    It asks again and again instead of waiting in the server: a waiting statement holds a snapshot, and a CREATE INDEX
    CONCURRENTLY of the other session waits for all snapshots.
    """
    told = float("-inf")
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        if monotonic() - told >= _TELL_EVERY:
            told = monotonic()
            log.info("another instance migrates: waiting")
        await asyncio.sleep(_ASK_EVERY)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)


async def still_ours(connection: asyncpg.Connection) -> None:
    """Raises DatabaseUnavailable when a pooler has given our session's server to somebody else."""
    held = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
        " AND classid = 0 AND objid = $1::bigint::oid)",
        _LOCK,
    )
    if not held:
        raise DatabaseUnavailable("migrations need a session of their own: no pooler in transaction mode before it")


async def with_retries(work: Callable[[], Awaitable[None]], *, migration: str, step: str) -> None:
    """Runs a step again while others hold a lock that it needs. The step gives way at once, so that they, and those who
    wait behind them, go on.

    Raises Contention after LONGEST_WAIT seconds.
    """
    give_up, pause = monotonic() + LONGEST_WAIT, 0.1
    while True:
        try:
            return await work()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if monotonic() > give_up:
                raise Contention(f"{migration} ({step}) finds its tables locked: see pg_stat_activity") from error
            log.info("migration gives way to a lock", migration=migration, step=step, again_in=round(pause, 1))
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - spreads tries, guards nothing
        pause = min(2 * pause, _LONGEST_PAUSE)
