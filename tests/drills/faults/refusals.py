"""PostgreSQL that answers and refuses: read-only, cancelling, locked, full, and with another password."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from tests.drills.arena import Arena
from tests.drills.recovery import Recovery, all_ready
from tests.support.waiting import eventually

REFUSING: Final = 60.0
"""Seconds for which a database refuses writes."""
RECOVERY: Final = 3.0
"""Seconds from its return within which the service is back."""
_OURS: Final = "datname = current_database() AND application_name LIKE 'punctual%'"


async def refuses_writes(arena: Arena) -> None:
    """For a minute, as after a failover that left us on a standby: open connections learn of it, new ones too."""
    await _read_only(arena, REFUSING)
    arena.expect("bookings were refused meanwhile", arena.load.answers.refused)


async def briefly_read_only(arena: Arena) -> None:
    await _read_only(arena, 5)


async def _read_only(arena: Arena, seconds: float) -> None:
    await arena.pause(2, 3)
    async with _administrator(arena) as database:
        await database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await database.execute("SELECT pg_reload_conf()")
        began = time.monotonic()
        arena.faults += 1
        await _expect_unready(arena)
        await asyncio.sleep(max(began + seconds - time.monotonic(), 0))
        recovery = Recovery(arena)
        await database.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await database.execute("SELECT pg_reload_conf()")
    took = await recovery.measured()
    arena.expect(f"service within {RECOVERY:.0f} s of the return of a database that refused writes", took <= RECOVERY)


async def cancelling(arena: Arena) -> None:
    """Somebody cancels statements of ours as fast as they can be found, and ends a session now and then."""
    await arena.pause(1, 2)
    async with _administrator(arena) as database:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            victims = f"{_OURS} AND state = 'active' AND pid <> pg_backend_pid()"
            hit = await database.fetch(f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE {victims}")
            arena.faults += len(hit)
            if arena.chance.random() < 0.01:
                await database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
                arena.faults += 1
            await asyncio.sleep(0.005)
    arena.expect("statements were cancelled", arena.faults > 5)


async def hanging_up(arena: Arena) -> None:
    """The server ends what is idle, and what takes long, by its own settings: 57P05 and 57014 by the dozen."""
    await arena.pause(1, 2)
    for setting, value in (("idle_session_timeout", "150ms"), ("statement_timeout", "4ms")):
        async with _setting(arena, setting, value):
            await asyncio.sleep(5)
        await arena.pause(0.5, 1)


async def locked(arena: Arena) -> None:
    """Somebody holds a lock on a table: for longer than statements wait, and while statements give up on locks."""
    for table in ("jobs", "appointments"):
        await arena.pause(1, 2)
        await _hold(arena, table, 4)
    async with _setting(arena, "lock_timeout", "300ms"):
        for table in ("jobs", "in_app_notifications"):
            await arena.pause(0.5, 1)
            await _hold(arena, table, 2.5)


async def _hold(arena: Arena, table: str, seconds: float) -> None:
    async with _administrator(arena) as database, database.transaction():
        await database.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        arena.faults += 1
        await asyncio.sleep(seconds)


async def with_a_role_of_its_own(arena: Arena) -> None:
    """Before the services start: they log in as a role that owns nothing, and has its rights by membership."""
    arena.world.settings["DATABASE_URL"] = _as_role(arena, "first")
    role, owner = _role(arena), urlsplit(arena.world.database_url).username
    async with _administrator(arena) as database:
        await database.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'first' IN ROLE {owner}")


async def role_refused(arena: Arena) -> None:
    """The password is rotated, the role may not log in, may not connect, has lost its rights; and each is undone."""
    role, owner = _role(arena), urlsplit(arena.world.database_url).username
    for refuse, allow in (
        (f"ALTER ROLE {role} PASSWORD 'second'", f"ALTER ROLE {role} PASSWORD 'first'"),
        (f"ALTER ROLE {role} NOLOGIN", f"ALTER ROLE {role} LOGIN"),
        (f"ALTER ROLE {role} CONNECTION LIMIT 0", f"ALTER ROLE {role} CONNECTION LIMIT -1"),
        (f"REVOKE {owner} FROM {role}", f"GRANT {owner} TO {role}"),
    ):
        await arena.pause(1, 2)
        async with _administrator(arena) as database:
            await database.execute(refuse)
            await database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
            arena.faults += 1
            await asyncio.sleep(4)
            await database.execute(allow)
        await eventually(lambda: all_ready(arena), within=30)


async def full(arena: Arena) -> None:
    """The disk of the database is full, to the last block, and twice; the log of transactions lies elsewhere."""
    disk = arena.servers.disk
    assert disk is not None
    filler = disk / "filler"
    for _ in range(2):
        await arena.pause(2, 3)
        await asyncio.to_thread(_fill, filler)
        arena.faults += 1
        refused = arena.load.answers.refused
        await asyncio.sleep(6)
        arena.notes.append(f"bookings refused while it was full: {arena.load.answers.refused - refused}")
        arena.expect("the disk was full", arena.load.answers.refused > refused)
        filler.unlink()
        await eventually(lambda: all_ready(arena), within=30)


def _fill(filler: Path) -> None:
    """In steps, since the database takes what it needs meanwhile."""
    with filler.open("ab", buffering=0) as file:
        for size in (2**20, 2**12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


async def _expect_unready(arena: Arena) -> None:
    """An API that cannot book says so, for as long as it cannot."""

    async def unready() -> bool:
        return not any([await each.service.ready() for each in arena.apis])

    try:
        await eventually(unready, within=10)
    except AssertionError:
        arena.expect("an API that cannot write is not ready", held=False)


@asynccontextmanager
async def _setting(arena: Arena, name: str, value: str) -> AsyncIterator[None]:
    """A setting of the drill's database, for the block, in new sessions: the old ones are ended."""
    database_name = urlsplit(arena.world.database_url).path.lstrip("/")
    async with _administrator(arena) as database:
        await database.execute(f"SET {name} = 0")  # our own session is spared
        await database.execute(f"ALTER DATABASE {database_name} SET {name} = '{value}'")
        await database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
        arena.faults += 1
        try:
            yield
        finally:
            await database.execute(f"ALTER DATABASE {database_name} RESET {name}")
            await database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")


@asynccontextmanager
async def _administrator(arena: Arena) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the drill's database that no fault here strikes."""
    settings = {"default_transaction_read_only": "off", "application_name": "drill"}
    connection = await asyncpg.connect(arena.world.database_url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


def _role(arena: Arena) -> str:
    return f"role_of_{arena.world.vhost.replace('-', '_')}"


def _as_role(arena: Arena, password: str) -> str:
    parts = urlsplit(arena.world.database_url)
    return parts._replace(netloc=f"{_role(arena)}:{password}@{parts.hostname}:{parts.port}").geturl()
