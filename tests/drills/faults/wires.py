"""The network between each service and each server: reset, silent, half-open, slow."""

import asyncio
from collections.abc import Callable

from tests.drills.arena import Arena
from tests.drills.proxy import Proxy


async def cut(arena: Arena) -> None:
    """Connections are reset, one pair after the other."""
    pairs = list(arena.network.pairs.values())
    for between in arena.chance.sample(pairs, k=len(pairs)):
        await arena.pause(0.8, 1.2)
        between.cut()
        arena.faults += 1
        await arena.pause(0.5, 1.5)
        between.mend()


async def stalled(arena: Arena) -> None:
    """Connections stay open and carry nothing: only time-outs and heartbeats can tell."""
    await _silenced(arena, Proxy.stall)


async def half_open(arena: Arena) -> None:
    """The servers have dropped their ends, and the services are not told."""
    await _silenced(arena, Proxy.half_open)


async def _silenced(arena: Arena, fault: Callable[[Proxy], None]) -> None:
    """One pair after the other, for five seconds each."""
    pairs = list(arena.network.pairs.values())
    for between in arena.chance.sample(pairs, k=len(pairs)):
        await arena.pause(0.5, 1.0)
        fault(between)
        arena.faults += 1
        await asyncio.sleep(5)
        between.mend()


async def slow(arena: Arena) -> None:
    """Every pair carries everything late, as across a continent."""
    await arena.pause(1, 2)
    for between in arena.network.pairs.values():
        between.slow(arena.chance.uniform(0.02, 0.15))
        arena.faults += 1
    await asyncio.sleep(8)
    for between in arena.network.pairs.values():
        between.mend()
