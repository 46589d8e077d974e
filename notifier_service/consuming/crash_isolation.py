"""Works on suspects alone, so that a message that crashes this process takes no other job along.

A crash costs every claimed job an attempt, and counts every held delivery once more; the third lost attempt fails a
job. Without isolation, a message that crashes its consumers would fail all jobs that travel with it.

A crash comes soon after the start. So a suspect is alone for a moment only, not while it waits for a mail server, which
may take ten minutes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from shared.broker import Delivery

SUSPICIOUS: Final = 2
"""Deliveries without success until a message is suspected. Quorum queues count them in x-delivery-count."""


def is_suspect(delivery: Delivery) -> bool:
    """Whether this message may have crashed the consumers that had it before."""
    returned = delivery.headers.get("x-delivery-count")
    return isinstance(returned, int) and returned >= SUSPICIOUS


LONGEST: Final = 2.0
"""Seconds that a suspect waits for the others, and then they for it."""


class Isolation:
    """Shared by all consumers of a process: many work side by side, or one alone."""

    def __init__(self, *, longest: float = LONGEST) -> None:
        self.longest = longest
        self._present = 0
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._open = asyncio.Event()
        self._open.set()
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def among_others(self) -> AsyncIterator[None]:
        """For a claim; waits while a suspect works alone."""
        while not self._open.is_set():
            await self._open.wait()
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def enter(self) -> None:
        """Reports that a job's work begins; its claim was among others."""
        self._present += 1
        self._nobody.clear()

    def leave(self) -> None:
        self._present -= 1
        if not self._present:
            self._nobody.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """For one suspect: waits until the others have ended, at most `longest`, and lets no other begin."""
        async with self._one:
            self._open.clear()
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._nobody.wait(), self.longest)
                yield
            finally:
                self._open.set()
