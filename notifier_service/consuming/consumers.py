"""All consumers of a process: one for each work queue of its own, and for each queue of an earlier `SHARDS`.

A queue of an earlier `SHARDS` may still hold messages, or get some from a relay that has the old value, or from a retry
step. So each notifier goes on consuming it, as long as it exists (docs/decisions/0036).
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

import structlog

from notifier_service.consuming.consumer import QueueConsumer, Share
from notifier_service.consuming.slots import Slots
from notifier_service.consuming.worker import Worker
from shared.broker import BrokerSession
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue, work_queues
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.consuming.consumers")

LOOKING: Final = 5.0
"""Seconds between two looks for queues of an earlier SHARDS."""


class Consumers:
    def __init__(
        self,
        database: Database,
        worker: Worker,
        shares: Mapping[Priority, Share],
        *,
        shards: int,
        only: Collection[int] = (),
    ) -> None:
        """`shares`: the part of the process that each priority has, whatever the number of its queues. `only`: the
        shards that this process consumes; empty: all."""
        self._database = database
        self._worker = worker
        self._shares = shares
        self._shards = shards
        self._slots = {each: Slots(each, share.workers, worker.isolation) for each, share in shares.items()}
        self._declared = frozenset(work_queues(shards))
        own = [queue for queue in work_queues(shards) if not only or queue.shard in only or shards == 1]
        self._own = [self._consumer(queue) for queue in own]
        self._old: dict[WorkQueue, QueueConsumer] = {}
        self._stopping = False

    def _consumer(self, queue: WorkQueue) -> QueueConsumer:
        prefetch = max(self._shares[queue.priority].prefetch // self._shards, 1)
        return QueueConsumer(queue, prefetch, self._slots[queue.priority], self._worker)

    @property
    def _all(self) -> list[QueueConsumer]:
        return [*self._own, *self._old.values()]

    @property
    def slots(self) -> int:
        """The largest number of jobs that the process works on at once."""
        return sum(share.workers for share in self._shares.values())

    @property
    def in_flight(self) -> int:
        """The number of jobs that it works on now."""
        return sum(slots.in_use for slots in self._slots.values())

    @property
    def consuming(self) -> list[str]:
        """The names of the queues that it takes messages from, or would if they were not paused."""
        return [each.queue.name for each in self._all if each.consuming]

    async def run(self, session: BrokerSession) -> None:
        """Consumes while the session lasts."""
        self._old = {}
        async with asyncio.TaskGroup() as group:
            for consumer in self._own:
                group.create_task(consumer.run(session))

            async def look() -> float:
                await self._look_for_old(session, group)
                return LOOKING

            await run_loop("old-queues", look, goes_on=lambda: not self._stopping, until=session.ended)

    async def _look_for_old(self, session: BrokerSession, group: asyncio.TaskGroup) -> None:
        for queue in await job_store.known_work_queues(self._database):
            if queue in self._declared:
                continue
            if await session.depth(queue.name) is None:
                await self._forget(queue)
            elif queue not in self._old and not self._stopping:
                log.info("consuming a queue of another number of shards", queue=queue.name)
                consumer = self._old[queue] = self._consumer(queue)
                group.create_task(consumer.run(session))

    async def _forget(self, queue: WorkQueue) -> None:
        """An operator has deleted the empty queue, or it never existed."""
        await job_store.forget_work_queue(self._database, queue)
        consumer = self._old.pop(queue, None)
        if consumer is not None:
            log.info("queue of another number of shards is gone", queue=queue.name)
            await consumer.stop_consuming()

    async def stop_consuming(self) -> None:
        """Stops taking deliveries for good. Unclaimed ones go back to their queues."""
        self._stopping = True
        for consumer in self._all:
            await consumer.stop_consuming()

    async def drain(self) -> None:
        """Waits for the claims and the work under way."""
        await asyncio.gather(*(each.drain() for each in self._all))

    async def abort(self) -> None:
        """Cancels the work under way. The leases expire, and the jobs are tried again."""
        await asyncio.gather(*(each.abort() for each in self._slots.values()))
