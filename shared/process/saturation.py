"""Measures how busy a process's event loop is, by how late its timers fire."""

import asyncio
from typing import Final

from shared.process.loops import run_loop
from shared.process.metrics import LOOP_LAG

EVERY: Final = 0.5
"""Seconds between two measurements: often enough for a minute's percentiles, too seldom to cost anything."""


async def watch_event_loop() -> None:
    """Measures until cancelled."""
    loop = asyncio.get_running_loop()

    async def turn() -> float:
        expected = loop.time() + EVERY
        await asyncio.sleep(EVERY)
        LOOP_LAG.observe(max(loop.time() - expected, 0.0))
        return 0.0

    await run_loop("saturation", turn)
