"""Obeys operators who pause a queue: reads the flags often, and cancels the consumer of a paused queue."""

import asyncio
import math
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

import structlog

from notifier_service.consuming import metrics
from shared.broker import Subscription
from shared.database import Database
from shared.jobs import pauses as queue_pauses
from shared.jobs.model import Priority
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.consuming.pauses")

EVERY: Final = 0.3
"""Seconds between two reads, so that a pause is obeyed well within a second."""


class Pauses:
    """Before the first read nothing may be consumed. While the database is away, the last flags hold."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running = {priority: asyncio.Event() for priority in Priority}
        self._paused = {priority: asyncio.Event() for priority in Priority}

    async def run(self) -> None:
        """Reads the flags until cancelled."""

        async def look() -> float:
            self._set(await queue_pauses.in_force(self._database))
            return EVERY

        await run_loop("pauses", look)

    async def until_running(self, priority: Priority) -> None:
        await self._running[priority].wait()

    @asynccontextmanager
    async def obeyed(self, priority: Priority, subscription: Subscription) -> AsyncIterator[None]:
        """Pauses and resumes the subscription with its queue, for the length of the block. Work on taken deliveries
        goes on, and delays neither."""
        obeying = asyncio.create_task(self._obey(priority, subscription), name=f"pauses-{priority}")
        try:
            yield
        finally:
            obeying.cancel()
            await asyncio.wait([obeying])

    async def _obey(self, priority: Priority, subscription: Subscription) -> None:
        async def turn() -> float:
            log.info("consumer cancelled, its queue is paused", queue=priority)
            await subscription.pause()
            await self._running[priority].wait()
            log.info("consuming again, its queue is resumed", queue=priority)
            await subscription.resume()
            return 0.0

        await run_loop(
            "pauses",
            turn,
            may_take=math.inf,
            ready=self._paused[priority].wait,
            goes_on=lambda: not subscription.ended,
        )

    def _set(self, paused: Collection[Priority]) -> None:
        for priority in Priority:
            is_paused = priority in paused
            metrics.QUEUE_PAUSED.labels(priority).set(is_paused)
            for event, wanted in ((self._paused, is_paused), (self._running, not is_paused)):
                (event[priority].set if wanted else event[priority].clear)()
