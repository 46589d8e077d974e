"""Consumes one work queue: delivery → envelope → claim → outcome → commit → ack. The only place that acks."""

import asyncio
import contextlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from notifier_service import metrics
from notifier_service.consuming.admission import Admitted, Candidate
from notifier_service.consuming.isolation import is_suspect
from notifier_service.consuming.work import Desk, work
from shared.broker import BrokerSession, Delivery, Subscription
from shared.broker.topology import work_queue
from shared.errors import BrokerUnavailable, Contention, EnvelopeError, Unavailable
from shared.jobs import envelope
from shared.jobs.model import Priority, State, Ticket
from shared.jobs.store import Verdict
from shared.process.heartbeats import Heartbeat, beating
from shared.process.internal_errors import LoopName, internal_error
from shared.process.lifecycle import move_on_when
from shared.process.loops import MINUTES, run_loop
from shared.process.tracing import usable

log = structlog.get_logger("notifier_service.consuming.consumer")

DATABASE_PAUSE: Final = 0.5
"""Seconds between two looks at a database that was away."""
_LOOPS: Final[Mapping[Priority, LoopName]] = {Priority.HIGH: "consumer-high", Priority.NORMAL: "consumer-normal"}
GATHERING: Final = 0.1
"""Seconds for the broker to deliver all that it lets us hold, before one of it is chosen."""


@dataclass(frozen=True, slots=True)
class Share:
    """A queue's part of this process: deliveries held, and jobs worked on at once."""

    prefetch: int
    workers: int


class QueueConsumer:
    def __init__(self, priority: Priority, share: Share, desk: Desk) -> None:
        self._priority = priority
        self._share = share
        self._desk = desk
        self._slots = asyncio.Semaphore(share.workers)
        metrics.WORKERS.labels(priority).set(share.workers)
        self._turning = asyncio.Lock()  # held from the taking of deliveries to the start of their work
        self._working: set[asyncio.Task[None]] = set()
        metrics.IN_FLIGHT.labels(priority).set_function(lambda: len(self._working))
        self._subscription: Subscription | None = None
        self._stopping = False

    async def run(self, session: BrokerSession) -> None:
        """Consumes for as long as the session lasts, but not while the database is away or the queue is paused."""

        async def turn() -> float:
            await move_on_when(session.ended, self._desk.pauses.until_running(self._priority))
            if not session.ended.is_set():
                await self._consume(session)
            return DATABASE_PAUSE

        await run_loop(
            _LOOPS[self._priority],
            turn,
            may_take=math.inf,
            goes_on=lambda: not self._stopping,
            until=session.ended,
        )

    async def _consume(self, session: BrokerSession) -> None:
        """One subscription, until it ends or the database is away."""
        if not await self._desk.database_answers():
            return
        try:
            subscription = await Subscription.open(session, work_queue(self._priority), prefetch=self._share.prefetch)
        except BrokerUnavailable:
            await _restored(session)
            raise
        self._subscription = subscription
        try:
            async with self._desk.pauses.obeyed(self._priority, subscription):
                with beating(_LOOPS[self._priority], may_take=MINUTES) as heart:
                    while not subscription.ended:
                        async with self._turning:
                            await self._turn(subscription, heart)
        except (Unavailable, Contention):
            await subscription.cancel()
            raise
        finally:
            if subscription.can_ack:
                await self.drain()
            await subscription.close()

    async def _turn(self, subscription: Subscription, heart: Heartbeat) -> None:
        """Takes what waits: together, or one by one where the first of it is suspected of crashing its consumers."""
        await subscription.wait()
        first = subscription.first
        if first is not None and is_suspect(first):
            await self._one_by_one(subscription)
        elif first is not None:
            await self._together(subscription, heart)

    async def _together(self, subscription: Subscription, heart: Heartbeat) -> None:
        """Claims as many deliveries as there are free workers and rate tokens, and gives each to a worker.

        Both are taken before the claim: no lease runs while its mail waits for its turn.
        """
        rate = self._desk.admission.rate
        await self._slots.acquire()
        free, tokens, taken = 1, 0, 0
        suspects: list[Delivery] = []
        try:
            await rate.acquire(self._priority)
            tokens = 1
            while not self._slots.locked() and free < subscription.waiting and rate.try_acquire():
                tokens += 1
                await self._slots.acquire()
                free += 1
            deliveries = subscription.take(free)
            suspects += filter(is_suspect, deliveries)
            async with self._desk.isolation.among_others():
                with heart.turn():
                    admitted, others = await self._admit(subscription, [d for d in deliveries if d not in suspects])
                    suspects += others
                    taken = len(await self._begin(subscription, admitted))
        finally:
            for _ in range(free - taken):
                self._slots.release()
            for _ in range(tokens - taken):
                rate.give_back()
        for suspect in suspects:
            await self._alone(subscription, suspect)

    async def _one_by_one(self, subscription: Subscription) -> None:
        """In random order: whatever is innocent gets through before the next crash, half of it each time."""
        await asyncio.sleep(GATHERING)
        held = subscription.take(self._share.prefetch)
        for delivery in random.sample(held, k=len(held)):
            await self._alone(subscription, delivery)

    async def _alone(self, subscription: Subscription, delivery: Delivery) -> None:
        """Works on one delivery while this process works on nothing else, for a moment at least."""
        if not subscription.receiving:  # its queue is paused, or we stop
            await subscription.give_back([delivery])
            return
        await self._desk.admission.rate.acquire(self._priority)
        await self._slots.acquire()
        isolation = self._desk.isolation
        begun: list[asyncio.Task[None]] = []
        try:
            async with isolation.alone():
                admitted, _ = await self._admit(subscription, [delivery], alone=True)
                begun = await self._begin(subscription, admitted)
                if begun:
                    await asyncio.wait(begun, timeout=isolation.longest)
        finally:
            if not begun:
                self._slots.release()
                self._desk.admission.rate.give_back()

    async def _admit(
        self, subscription: Subscription, deliveries: Sequence[Delivery], *, alone: bool = False
    ) -> tuple[list[Admitted], list[Delivery]]:
        """Claims what can be read; also which of it has to be admitted alone."""
        candidates = []
        for delivery in deliveries:
            try:
                candidates.append(Candidate(delivery, _ticket(delivery)))
            except EnvelopeError as error:
                log.warning("message cannot be read", reason=error.reason, message_id=delivery.known_id)
                await self._bury(subscription, delivery)
        if not candidates:
            return [], []
        admitted, suspects = await self._desk.admission.admit(candidates, alone=alone)
        return admitted, [each.delivery for each in suspects]

    async def _bury(self, subscription: Subscription, delivery: Delivery) -> None:
        """Sends a message to the dead ones, for the recorder; what the broker cannot take there is recorded here."""
        if delivery.can_be_dead_lettered:
            await subscription.reject(delivery)
        elif await self._desk.record_dead(delivery):
            await subscription.ack(delivery)

    async def _begin(self, subscription: Subscription, admitted: Sequence[Admitted]) -> list[asyncio.Task[None]]:
        """Gives what was claimed to workers, each of which has a slot; settles the rest."""
        for answer in admitted:
            if answer.claim.verdict is Verdict.UNKNOWN:
                await self._bury(subscription, answer.candidate.delivery)
            elif answer.claim.verdict is not Verdict.CLAIMED:
                await subscription.ack(answer.candidate.delivery)
        return [self._start(subscription, each) for each in admitted if each.claim.verdict is Verdict.CLAIMED]

    def _start(self, subscription: Subscription, answer: Admitted) -> asyncio.Task[None]:
        task = asyncio.create_task(self._work(subscription, answer), name=f"job-{answer.claim.job_id}")
        self._working.add(task)
        self._desk.isolation.enter()
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._desk.isolation.leave()
        self._slots.release()

    async def _work(self, subscription: Subscription, answer: Admitted) -> None:
        try:
            finished = await work(self._desk, self._priority, answer)
        except Exception as error:  # noqa: BLE001 - counted; its lease runs out, and the sweep gives it back
            internal_error("job", error, job_id=str(answer.claim.job_id))
            finished = None
        if finished is not None and finished.state is State.FAILED:
            await self._bury(subscription, answer.candidate.delivery)
        else:
            await subscription.ack(answer.candidate.delivery)

    async def stop_consuming(self) -> None:
        """Takes no more, for good: what was not claimed goes back to the queue."""
        self._stopping = True
        if self._subscription is not None:
            await self._subscription.cancel()

    async def drain(self) -> None:
        """Waits for what is being claimed, and for what is being worked on."""
        async with self._turning:
            pass
        if self._working:
            await asyncio.wait(self._working)

    async def abort(self) -> None:
        """Cancels what is still being worked on; its leases expire and the jobs are tried again."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)


async def _restored(session: BrokerSession) -> None:
    """Declares what an operator has deleted; if that fails too, the next try will tell."""
    with contextlib.suppress(BrokerUnavailable):
        await session.restore()


def _ticket(delivery: Delivery) -> Ticket:
    traceparent = delivery.headers.get("traceparent")
    return envelope.parse(
        delivery.body,
        correlation_id=delivery.correlation_id,
        traceparent=traceparent if isinstance(traceparent, str) and usable(traceparent) else None,
    )
