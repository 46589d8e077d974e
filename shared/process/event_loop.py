"""Keeps a process's event loop from standing still for long, and measures how busy it is."""

import asyncio
import gc
from typing import Final

from shared.process.loops import run_loop
from shared.process.metrics import LOOP_LAG

EVERY: Final = 0.5
"""Seconds between two measurements: often enough for a minute's percentiles, too seldom to cost anything."""
THRESHOLD: Final = 10_000
"""Objects that are made and kept before the youngest are looked at: some requests' worth, instead of a part of one."""


async def watch_event_loop() -> None:
    """Measures how late a timer fires, until cancelled."""
    loop = asyncio.get_running_loop()

    async def turn() -> float:
        expected = loop.time() + EVERY
        await asyncio.sleep(EVERY)
        LOOP_LAG.observe(max(loop.time() - expected, 0.0))
        return 0.0

    await run_loop("saturation", turn)


def freeze_startup_objects() -> None:
    """Takes the objects that exist now from the cyclic garbage collector, for good.

    To be called once, when all is imported and built: these objects stay until the end. A full collection would walk
    through all of them, a stop of 60 ms and more every thousand requests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
