"""Obeys operators who pause a queue: reads the flags often, and cancels the consumer of a paused queue."""

import asyncio
import math
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final

import structlog

from notifier_service.consuming import metrics
from shared.broker import Subscription
from shared.database import Database
from shared.jobs import pauses as queue_pauses
from shared.jobs.model import Priority
from shared.jobs.pauses import Pause
from shared.jobs.work_queues import WorkQueue
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.consuming.pauses")

EVERY: Final = 0.3
"""Seconds between two reads, so that a pause is obeyed well within a second."""


class Pauses:
    """Before the first read nothing may be consumed. While the database is away, the last flags hold."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._flags: dict[WorkQueue, _Flags] = {}
        self._priorities: Collection[Priority] | None = None  # the paused ones; None before the first read
        self._shards: Collection[WorkQueue] = ()

    async def run(self) -> None:
        """Reads the flags until cancelled."""

        async def look() -> float:
            self._set(await queue_pauses.in_force(self._database), await queue_pauses.shards_in_force(self._database))
            return EVERY

        await run_loop("pauses", look)

    async def until_running(self, queue: WorkQueue) -> None:
        await self._of(queue).running.wait()

    @asynccontextmanager
    async def obeyed(self, queue: WorkQueue, subscription: Subscription) -> AsyncIterator[None]:
        """Pauses and resumes the subscription with its queue, for the length of the block. Work on taken deliveries
        goes on, and delays neither."""
        obeying = asyncio.create_task(self._obey(queue, subscription), name=f"pauses-{queue.key}")
        try:
            yield
        finally:
            obeying.cancel()
            await asyncio.wait([obeying])

    async def _obey(self, queue: WorkQueue, subscription: Subscription) -> None:
        flags = self._of(queue)

        async def turn() -> float:
            log.info("consumer cancelled, its queue is paused", queue=queue.key)
            await subscription.pause()
            await flags.running.wait()
            log.info("consuming again, its queue is resumed", queue=queue.key)
            await subscription.resume()
            return 0.0

        await run_loop(
            "pauses",
            turn,
            may_take=math.inf,
            ready=flags.paused.wait,
            goes_on=lambda: not subscription.ended,
        )

    def _of(self, queue: WorkQueue) -> "_Flags":
        if queue not in self._flags:
            self._flags[queue] = _Flags()
            self._apply(queue)
        return self._flags[queue]

    def _set(self, priorities: Mapping[Priority, Pause], shards: Mapping[WorkQueue, Pause]) -> None:
        self._priorities, self._shards = priorities.keys(), shards.keys()
        for priority in Priority:
            metrics.QUEUE_PAUSED.labels(priority).set(priority in priorities)
        for queue in self._flags:
            self._apply(queue)

    def _apply(self, queue: WorkQueue) -> None:
        if self._priorities is None:
            return
        self._flags[queue].set(queue.priority in self._priorities or queue in self._shards)
        if queue.shard:
            metrics.SHARD_PAUSED.labels(queue.name).set(queue in self._shards)


class _Flags:
    """Whether a queue is paused or running, to be waited for; neither before it is known."""

    def __init__(self) -> None:
        self.running = asyncio.Event()
        self.paused = asyncio.Event()

    def set(self, is_paused: bool) -> None:
        for event, wanted in ((self.paused, is_paused), (self.running, not is_paused)):
            (event.set if wanted else event.clear)()
