"""Limits the jobs of one queue that this process works on at once, and keeps their tasks."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from notifier_service.consuming import metrics
from notifier_service.consuming.crash_isolation import Isolation
from shared.jobs.model import Priority


class Slots:
    def __init__(self, priority: Priority, count: int, isolation: Isolation) -> None:
        self._free = asyncio.Semaphore(count)
        self._isolation = isolation
        self._working: set[asyncio.Task[None]] = set()
        metrics.WORKERS.labels(priority).set(count)
        metrics.IN_FLIGHT.labels(priority).set_function(lambda: len(self._working))

    async def acquire(self) -> None:
        await self._free.acquire()

    def release(self) -> None:
        self._free.release()

    @property
    def all_taken(self) -> bool:
        return self._free.locked()

    @property
    def in_use(self) -> int:
        """The number of jobs that are being worked on."""
        return len(self._working)

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Starts a job that has a slot; its end frees the slot."""
        task = asyncio.create_task(work, name=name)
        self._working.add(task)
        self._isolation.enter()
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._isolation.leave()
        self.release()

    async def drain(self) -> None:
        """Waits for the jobs that are being worked on."""
        if self._working:
            await asyncio.wait(self._working)

    async def abort(self) -> None:
        """Cancels the jobs that are still being worked on; their leases expire, and the jobs are tried again."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
