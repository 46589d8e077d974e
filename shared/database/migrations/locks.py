"""Lets one runner of migrations work at a time, and never lets it wait for long in front of others."""

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

_LOCK: Final = 0x50554E43  # "PUNC": any number that is ours alone
_ASK_EVERY: Final = 0.25
_TELL_EVERY: Final = 30.0
PATIENCE: Final = 600.0
"""Seconds for which a step is tried again while others hold the lock that it needs."""
_LONGEST_PAUSE: Final = 5.0


@asynccontextmanager
async def one_at_a_time(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Waits until no other session migrates; the lock belongs to the session, and goes with it.

    It asks again and again instead of waiting in the server: a statement that waits holds a snapshot, and the other
    session's CREATE INDEX CONCURRENTLY waits for all of those.
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
    """Raises DatabaseUnavailable where a pooler between us and the server has given the session to somebody else."""
    held = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
        " AND classid = 0 AND objid = $1::bigint::oid)",
        _LOCK,
    )
    if not held:
        raise DatabaseUnavailable("migrations need a session of their own: no pooler in transaction mode before it")


async def with_retries(work: Callable[[], Awaitable[None]], *, migration: str, step: str) -> None:
    """Tries again while others hold a lock that the step needs: it gives way, so that they and those behind it go on.

    Raises Contention after PATIENCE seconds.
    """
    give_up, pause = monotonic() + PATIENCE, 0.1
    while True:
        try:
            return await work()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if monotonic() > give_up:
                raise Contention(f"{migration} ({step}) finds its tables locked: see pg_stat_activity") from error
            log.info("migration gives way to a lock", migration=migration, step=step, again_in=round(pause, 1))
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - spreads tries, guards nothing
        pause = min(2 * pause, _LONGEST_PAUSE)
