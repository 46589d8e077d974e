"""PostgreSQL: killed, paused, out of connections."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from tests.drills.arena import Arena
from tests.drills.servers import process_of
from tests.support.waiting import eventually


async def killed(arena: Arena) -> None:
    await arena.pause(2, 4)
    process = process_of(arena.servers.postgres)
    workers = _children(process.pid)
    process.send(signal.SIGKILL)
    arena.faults += 1
    # they end by themselves when the postmaster has; a start must not meet them
    await eventually(lambda: not any(map(_exists, workers)), within=30)
    await asyncio.to_thread(process.stop, within=5)
    await asyncio.sleep(2)
    await arena.servers.postgres.start()


async def stopped(arena: Arena) -> None:
    await arena.pause(2, 3)
    process = process_of(arena.servers.postgres)
    halted = [process.pid, *_children(process.pid)]
    for pid in halted:
        os.kill(pid, signal.SIGSTOP)
    arena.faults += 1
    await asyncio.sleep(8)
    for pid in halted:
        if _exists(pid):
            os.kill(pid, signal.SIGCONT)


async def out_of_connections(arena: Arena) -> None:
    """Others hold every connection that the server allows, and the services' own are ended: none can connect."""
    await arena.pause(1, 2)
    async with _every_connection(arena) as held:
        arena.faults += 1
        await asyncio.sleep(6)
        arena.notes.append(f"connections held by others: {held}")


@asynccontextmanager
async def _every_connection(arena: Arena) -> AsyncIterator[int]:
    held: list[asyncpg.Connection] = []
    url = arena.world.database_url
    try:
        first = await asyncpg.connect(url)
        held.append(first)
        for _ in range(2):  # what was freed by ending theirs is taken too
            with_others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'punctual%'"
            )
            await first.execute(with_others)
            await _take_all(url, held)
        yield len(held)
    finally:
        for connection in held:
            connection.terminate()


async def _take_all(url: str, held: list[asyncpg.Connection]) -> None:
    while True:
        try:
            held.append(await asyncpg.connect(url))
        except asyncpg.TooManyConnectionsError:
            return


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
