"""Measures how soon service is back after a fault has been undone."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.drills.arena import Arena
from tests.support.waiting import eventually

_LONGEST = 60.0


class Recovery:
    """Made just before the fault is undone; the load must go on."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._began = time.monotonic()
        self._accepted = arena.world.mailbox.messages.accepted

    async def measured(self) -> float:
        """Seconds until every instance was ready, a booking was answered 200, and a mail went out: the longest."""
        ready, booked, mailed = await asyncio.gather(
            self._until(lambda: all_ready(self._arena)), self._until(self._booked), self._until(self._mailed)
        )
        self._arena.notes.append(f"ready after {ready:.1f} s, booked after {booked:.1f} s, mailed after {mailed:.1f} s")
        return max(ready, booked, mailed)

    async def _until(self, met: Callable[[], Awaitable[bool]]) -> float:
        try:
            await eventually(met, within=_LONGEST)
        except AssertionError:
            return float("inf")
        return time.monotonic() - self._began

    async def _booked(self) -> bool:
        return self._arena.load.answers.first_since(self._began) is not None

    async def _mailed(self) -> bool:
        return self._arena.world.mailbox.messages.accepted > self._accepted


async def all_ready(arena: Arena) -> bool:
    """Every instance of both services says that it is ready."""
    return all([await each.service.ready() for each in arena.kept])
