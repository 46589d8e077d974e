"""Consumes one work queue: subscribes whenever it may, and takes deliveries through an intake for each channel."""

import asyncio
import contextlib
import math
from dataclasses import dataclass
from typing import Final

import structlog

from notifier_service.consuming.intake import LOOPS, Intake
from notifier_service.consuming.slots import Slots
from notifier_service.consuming.worker import Worker
from shared.broker import BrokerSession, Delivery, Subscription
from shared.errors import BrokerUnavailable, Contention, Unavailable
from shared.jobs import envelope
from shared.jobs.model import Channel
from shared.jobs.work_queues import WorkQueue
from shared.process.lifecycle import move_on_when
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.consuming.consumer")

DATABASE_PAUSE: Final = 0.5
"""Seconds between two looks at a database that is away."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a process that a priority has: deliveries held, and jobs worked on at once."""

    prefetch: int
    workers: int


class QueueConsumer:
    def __init__(self, queue: WorkQueue, prefetch: int, slots: Slots, worker: Worker) -> None:
        """`slots`: those of its priority, for all its queues together."""
        self.queue = queue
        self._prefetch = prefetch
        self._slots = slots
        self._worker = worker
        self._intakes = [self._intake(channel) for channel in worker.channels]
        self._subscription: Subscription | None = None
        self._stopping = False

    def _intake(self, channel: Channel) -> Intake:
        """The intake of one channel. Each channel has its own, so that one channel's rate holds back no other
        channel."""

        def of_channel(delivery: Delivery) -> bool:
            return envelope.channel_of(delivery.headers) is channel

        return Intake(
            self.queue,
            self._worker.channels[channel].rate,
            of_channel if len(self._worker.channels) > 1 else None,
            self._worker,
            self._slots,
            prefetch=self._prefetch,
        )

    @property
    def consuming(self) -> bool:
        """Whether it takes messages from its queue, or would if the queue were not paused."""
        return self._subscription is not None and not self._subscription.ended and not self._stopping

    async def run(self, session: BrokerSession) -> None:
        """Consumes while the session lasts, except while the database is away or the queue is paused."""

        async def turn() -> float:
            await move_on_when(session.ended, self._worker.pauses.until_running(self.queue))
            if not session.ended.is_set():
                await self._consume(session)
            return DATABASE_PAUSE

        await run_loop(
            LOOPS[self.queue.priority],
            turn,
            may_take=math.inf,
            goes_on=lambda: not self._stopping,
            until=session.ended,
        )

    async def _consume(self, session: BrokerSession) -> None:
        """Runs one subscription, until it ends or the database is away."""
        if not await self._worker.database_answers():
            return
        try:
            subscription = await Subscription.open(session, self.queue.name, prefetch=self._prefetch)
        except BrokerUnavailable:
            await _restored(session)
            raise
        self._subscription = subscription
        if self._stopping:  # told so while the subscription was opened, which nobody else would end
            await subscription.cancel()
        try:
            async with self._worker.pauses.obeyed(self.queue, subscription):
                await self._take(subscription)
        except (Unavailable, Contention):
            await subscription.cancel()
            raise
        finally:
            if subscription.can_ack:
                await self.drain()
            await subscription.close()

    async def _take(self, subscription: Subscription) -> None:
        """Runs the intakes of all channels. An intake that fails ends the subscription, and so the others in order."""
        if len(self._intakes) == 1:
            await self._intakes[0].run(subscription)
            return
        running = [asyncio.create_task(each.run(subscription)) for each in self._intakes]
        try:
            _, others = await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
            if others:
                await subscription.cancel()
                await asyncio.wait(others)
            for each in running:
                each.result()
        finally:
            for each in running:
                each.cancel()

    async def stop_consuming(self) -> None:
        """Stops taking deliveries for good. Unclaimed ones go back to the queue."""
        self._stopping = True
        if self._subscription is not None:
            await self._subscription.cancel()

    async def drain(self) -> None:
        """Waits for the claims and the work under way, that of the other queues of its priority too."""
        for intake in self._intakes:
            await intake.settled()
        await self._slots.drain()


async def _restored(session: BrokerSession) -> None:
    """Declares again what an operator has deleted. If that fails too, the next attempt reports it."""
    with contextlib.suppress(BrokerUnavailable):
        await session.restore()
