"""Takes the deliveries of one channel from a queue: slot and rate token → envelope → claim → worker."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from notifier_service.channels.adapter import RateTokens
from notifier_service.consuming.admission import Admitted, Answer, Candidate
from notifier_service.consuming.crash_isolation import is_suspect
from notifier_service.consuming.slots import Slots
from notifier_service.consuming.worker import Worker
from shared.broker import Delivery, Subscription, Which
from shared.errors import EnvelopeError
from shared.jobs import envelope
from shared.jobs.model import Priority, State, Ticket
from shared.jobs.store import Verdict
from shared.jobs.work_queues import WorkQueue
from shared.process.heartbeats import Heartbeat, beating
from shared.process.internal_errors import LoopName, internal_error
from shared.process.loops import MINUTES
from shared.process.tracing import usable

log = structlog.get_logger("notifier_service.consuming.intake")

LOOPS: Final[Mapping[Priority, LoopName]] = {Priority.HIGH: "consumer-high", Priority.NORMAL: "consumer-normal"}
GATHERING: Final = 0.1
"""Seconds in which the broker delivers all messages of the prefetch, before one of them is chosen."""
BUSY: Final = 8
"""Jobs in work from which on a claim waits for others: mail servers get as many mails at once, so a job that is claimed
sooner only waits longer for its connection (SMTP_CONNECTIONS)."""
BUSY_PAUSE: Final = 0.002
"""Seconds that it waits at most: a claim costs PostgreSQL and us nearly the same for one job as for ten."""
FULL: Final = 16
"""Deliveries that are not kept waiting for more."""


class Intake:
    def __init__(
        self, queue: WorkQueue, rate: RateTokens, which: Which | None, worker: Worker, slots: Slots, *, prefetch: int
    ) -> None:
        """`rate` limits how fast it takes. `which` chooses its deliveries; None: it takes all."""
        self._queue = queue
        self._priority = queue.priority
        self._rate = rate
        self._which = which
        self._worker = worker
        self._slots = slots
        self._prefetch = prefetch
        self._turning = asyncio.Lock()  # held from the taking of deliveries until their work has started

    async def run(self, subscription: Subscription) -> None:
        """Takes until the subscription has ended. Raises Unavailable, Contention."""
        with beating(LOOPS[self._priority], may_take=MINUTES) as heart:
            while not subscription.ended:
                async with self._turning:
                    await self._turn(subscription, heart)

    async def settled(self) -> None:
        """Waits for the deliveries that are being claimed."""
        async with self._turning:
            pass

    async def _turn(self, subscription: Subscription, heart: Heartbeat) -> None:
        """Takes the waiting deliveries: together, or one by one if the first is suspected of crashing consumers."""
        await subscription.wait(self._which)
        if waits_for_more(in_work=self._slots.in_use, waiting=subscription.waiting(self._which)):
            await asyncio.sleep(BUSY_PAUSE)
        first = subscription.first(self._which)
        if first is not None and is_suspect(first):
            await self._one_by_one(subscription)
        elif first is not None:
            await self._together(subscription, heart)

    async def _together(self, subscription: Subscription, heart: Heartbeat) -> None:
        """Claims as many deliveries as there are free slots and rate tokens, and starts the work on each.

        Slots and tokens are taken before the claim, so that no lease runs while a job waits for them.
        """
        await self._slots.acquire()
        free, tokens, taken = 1, 0, 0
        suspects: list[Delivery] = []
        try:
            await self._rate.acquire(self._priority)
            tokens = 1
            waiting = subscription.waiting(self._which)
            while not self._slots.all_taken and free < waiting and self._rate.try_acquire():
                tokens += 1
                await self._slots.acquire()
                free += 1
            deliveries = subscription.take(free, self._which)
            suspects += filter(is_suspect, deliveries)
            async with self._worker.isolation.among_others():
                with heart.turn():
                    answers, others = await self._admit(subscription, [d for d in deliveries if d not in suspects])
                    suspects += others
                    taken = len(await self._begin(subscription, answers))
        finally:
            for _ in range(free - taken):
                self._slots.release()
            for _ in range(tokens - taken):
                self._rate.give_back()
        for suspect in suspects:
            await self._alone(subscription, suspect)

    async def _one_by_one(self, subscription: Subscription) -> None:
        """Works on held deliveries one by one in random order. So innocent ones get through before the next crash, half
        of them each time."""
        await asyncio.sleep(GATHERING)
        held = subscription.take(self._prefetch, self._which)
        for delivery in random.sample(held, k=len(held)):
            await self._alone(subscription, delivery)

    async def _alone(self, subscription: Subscription, delivery: Delivery) -> None:
        """Works on one delivery alone in this process, at least for a moment."""
        if not subscription.receiving:  # its queue is paused, or we stop
            await subscription.give_back([delivery])
            return
        await self._rate.acquire(self._priority)
        await self._slots.acquire()
        isolation = self._worker.isolation
        begun: list[asyncio.Task[None]] = []
        try:
            async with isolation.alone():
                answers, _ = await self._admit(subscription, [delivery], alone=True)
                begun = await self._begin(subscription, answers)
                if begun:
                    await asyncio.wait(begun, timeout=isolation.longest)
        finally:
            if not begun:
                self._slots.release()
                self._rate.give_back()

    async def _admit(
        self, subscription: Subscription, deliveries: Sequence[Delivery], *, alone: bool = False
    ) -> tuple[list[Answer], list[Delivery]]:
        """Claims the readable deliveries. Also returns those that must be admitted alone."""
        candidates = []
        for delivery in deliveries:
            try:
                candidates.append(Candidate(delivery, _ticket(delivery)))
            except EnvelopeError as error:
                log.warning("message cannot be read", reason=error.reason, message_id=delivery.known_id)
                await self._bury(subscription, delivery)
        if not candidates:
            return [], []
        answers, suspects = await self._worker.admission.admit(candidates, alone=alone)
        return answers, [each.delivery for each in suspects]

    async def _bury(self, subscription: Subscription, delivery: Delivery) -> None:
        """Dead-letters a message for the recorder. A message that the broker cannot dead-letter is recorded here."""
        if delivery.can_be_dead_lettered:
            await subscription.reject(delivery)
        elif await self._worker.record_dead(delivery):
            await subscription.ack(delivery)

    async def _begin(self, subscription: Subscription, answers: Sequence[Answer]) -> list[asyncio.Task[None]]:
        """Settles the messages whose jobs are not ours, and starts the work on the others. Each of those has a slot."""
        admitted = []
        for answer in answers:
            if isinstance(answer, Admitted):
                admitted.append(answer)
            elif answer.claim.verdict is Verdict.UNKNOWN:
                await self._bury(subscription, answer.candidate.delivery)
            else:
                await subscription.ack(answer.candidate.delivery)
        return [self._slots.start(self._work(subscription, each), name=f"job-{each.claim.job_id}") for each in admitted]

    async def _work(self, subscription: Subscription, answer: Admitted) -> None:
        try:
            finished = await self._worker.work(self._queue, answer)
        except Exception as error:  # noqa: BLE001 - counted; its lease runs out, and the sweep gives it back
            internal_error("job", error, job_id=str(answer.claim.job_id))
            finished = None
        if finished is not None and finished.state is State.FAILED:
            await self._bury(subscription, answer.candidate.delivery)
        else:
            await subscription.ack(answer.candidate.delivery)


def waits_for_more(*, in_work: int, waiting: int) -> bool:
    """Whether a claim gains by a short wait: while a process has enough to do, and until a batch is full."""
    return in_work >= BUSY and waiting < FULL


def _ticket(delivery: Delivery) -> Ticket:
    traceparent = delivery.headers.get("traceparent")
    return envelope.parse(
        delivery.body,
        correlation_id=delivery.correlation_id,
        traceparent=traceparent if isinstance(traceparent, str) and usable(traceparent) else None,
        channel=envelope.channel_of(delivery.headers),
    )
