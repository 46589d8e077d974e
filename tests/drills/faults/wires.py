"""The network between each service and each server: reset, silent, half-open, slow."""

import asyncio

from tests.drills.arena import Arena


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
    pairs = list(arena.network.pairs.values())
    for between in arena.chance.sample(pairs, k=len(pairs)):
        await arena.pause(0.5, 1.0)
        between.stall()
        arena.faults += 1
        await asyncio.sleep(5)
        between.mend()


async def half_open(arena: Arena) -> None:
    """The servers have dropped their ends, and the services are not told."""
    pairs = list(arena.network.pairs.values())
    for between in arena.chance.sample(pairs, k=len(pairs)):
        await arena.pause(0.5, 1.0)
        between.half_open()
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
