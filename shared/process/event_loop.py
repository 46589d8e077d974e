"""Keeps the event loop from standing still for long, and measures how busy it is."""

import asyncio
import gc
from typing import Final

from shared.process.loops import run_loop
from shared.process.metrics import LOOP_LAG

EVERY: Final = 0.5
"""Seconds between two measurements: often enough for percentiles of a minute, seldom enough to cost nothing."""
THRESHOLD: Final = 10_000
"""New objects before the garbage collector looks at the youngest: those of several requests, not a part of one
request."""


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
    """Takes the objects that exist now out of the cyclic garbage collector, for good.

    Call it once, after all imports and wiring, since these objects stay until the end. Otherwise a full collection
    would visit all of them: a pause of 60 ms or more every thousand requests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
