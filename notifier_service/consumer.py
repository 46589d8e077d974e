"""Consumes one work queue: delivery → envelope → claim → outcome → commit → ack. The only place that acks."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from notifier_service import metrics, reporting
from notifier_service.admission import Admission, Admitted, Candidate
from notifier_service.handlers import Handler, attempt
from notifier_service.leases import Leases
from notifier_service.ledger import Ledger
from notifier_service.outcomes import Fail, Outcome, Park, Retry, Sent, Skip
from notifier_service.pauses import Pauses
from notifier_service.progress import Progress
from notifier_service.retries import await_retry
from shared import envelope, job_store, tracing
from shared.backoff import retry_delay
from shared.broker import BrokerSession, Publisher
from shared.errors import BrokerUnavailable, DatabaseUnavailable, EnvelopeError
from shared.job_store import Claim, Finish, Verdict
from shared.jobs import Priority, State, Ticket
from shared.lifecycle import is_cancelled
from shared.subscription import Delivery, Subscription
from shared.topology import work_queue

log = structlog.get_logger("notifier_service.consumer")

DATABASE_PAUSE: Final = 0.5
"""Seconds between two looks at a database that was away."""


@dataclass(frozen=True, slots=True)
class Share:
    """A queue's part of this process: deliveries held, and jobs worked on at once."""

    prefetch: int
    workers: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What every queue's consumer works with."""

    admission: Admission
    handlers: Mapping[str, Handler]
    ledger: Ledger
    leases: Leases
    progress: Progress
    pauses: Pauses
    retry_steps: Sequence[float]
    database_answers: Callable[[], Awaitable[bool]]


class QueueConsumer:
    def __init__(self, priority: Priority, share: Share, desk: Desk) -> None:
        self._priority = priority
        self._share = share
        self._desk = desk
        self._slots = asyncio.Semaphore(share.workers)
        metrics.WORKERS.labels(priority).set(share.workers)
        self._working: set[asyncio.Task[None]] = set()
        self._publisher: Publisher | None = None
        self._subscription: Subscription | None = None
        self._stopping = False

    async def run(self, session: BrokerSession) -> None:
        """Consumes for as long as the session lasts, but not while the database is away or the queue is paused."""
        self._publisher = session.publisher
        closed = asyncio.ensure_future(session.wait_closed())
        try:
            while not (closed.done() or self._stopping or is_cancelled()):
                if await self._unpaused(closed):
                    await self._consume(session)
                await asyncio.wait([closed], timeout=DATABASE_PAUSE)
        finally:
            closed.cancel()
            self._publisher = None

    async def _unpaused(self, closed: "asyncio.Future[None]") -> bool:
        """Waits while the queue is paused; False when the session has ended meanwhile."""
        running = asyncio.create_task(self._desk.pauses.until_running(self._priority))
        try:
            await asyncio.wait([closed, running], return_when=asyncio.FIRST_COMPLETED)
            return running.done()
        finally:
            running.cancel()

    async def _consume(self, session: BrokerSession) -> None:
        """One subscription, until it ends or the database is away."""
        if not await self._desk.database_answers():
            return
        try:
            subscription = await Subscription.open(session, work_queue(self._priority), prefetch=self._share.prefetch)
        except BrokerUnavailable as error:
            log.warning("cannot consume", queue=work_queue(self._priority), error=str(error))
            await _restored(session)
            return
        self._subscription = subscription
        try:
            async with self._desk.pauses.obeyed(self._priority, subscription):
                while not subscription.ended:
                    await self._turn(subscription)
        except DatabaseUnavailable as error:
            log.warning("consumer cancelled, the database is away", error=str(error))
            await subscription.cancel()
        finally:
            if subscription.can_ack:
                await self.drain()
            await subscription.close()

    async def _turn(self, subscription: Subscription) -> None:
        """Claims as many deliveries as there are free workers and rate tokens, and gives each to a worker.

        Both are taken before the claim: no lease runs while its mail waits for its turn.
        """
        rate = self._desk.admission.rate
        await self._slots.acquire()
        free, tokens, taken = 1, 0, 0
        try:
            await subscription.wait()
            await rate.acquire(self._priority)
            tokens = 1
            while not self._slots.locked() and free < subscription.waiting and rate.try_acquire():
                tokens += 1
                await self._slots.acquire()
                free += 1
            deliveries = await subscription.next(free)
            admitted = await self._admit(subscription, deliveries)
            for answer in admitted:
                if answer.claim.verdict is Verdict.CLAIMED:
                    taken += 1
                    self._start(subscription, answer)
        finally:
            for _ in range(free - taken):
                self._slots.release()
            for _ in range(tokens - taken):
                rate.give_back()

    async def _admit(self, subscription: Subscription, deliveries: Sequence[Delivery]) -> list[Admitted]:
        candidates = []
        for delivery in deliveries:
            try:
                candidates.append(Candidate(delivery, _ticket(delivery)))
            except EnvelopeError as error:
                log.warning("message cannot be read", reason=error.reason, message_id=delivery.message_id)
                await subscription.reject(delivery)
        if not candidates:
            return []
        admitted = await self._desk.admission.admit(candidates)
        for answer in admitted:
            if answer.claim.verdict is Verdict.UNKNOWN:
                await subscription.reject(answer.candidate.delivery)
            elif answer.claim.verdict is not Verdict.CLAIMED:
                await subscription.ack(answer.candidate.delivery)
        return admitted

    def _start(self, subscription: Subscription, answer: Admitted) -> None:
        task = asyncio.create_task(self._work(subscription, answer), name=f"job-{answer.claim.job_id}")
        self._working.add(task)
        metrics.IN_FLIGHT.labels(self._priority).inc()
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._slots.release()
        metrics.IN_FLIGHT.labels(self._priority).dec()
        if not task.cancelled():
            task.result()

    async def _work(self, subscription: Subscription, answer: Admitted) -> None:
        claim, ticket = answer.claim, answer.candidate.ticket
        assert answer.notice is not None and claim.attempt is not None  # noqa: S101 - CLAIMED has both
        self._desk.progress.claimed(self._priority, claim)
        with self._desk.leases.hold(claim.job_id, claim.attempt):
            await asyncio.sleep(_early(claim))
            reporting.started(ticket, claim)
            with self._span(ticket, claim.attempt) as span:
                outcome = await attempt(self._desk.handlers[ticket.kind], answer.notice, claim.attempt)
                end = _end(claim, outcome, self._desk.retry_steps)
                finished = await self._desk.ledger.finish(end)
                reporting.trace(span, end.outcome, outcome)
        reporting.ended(ticket, claim, outcome, finished, retry_steps=self._desk.retry_steps)
        if finished is not None and finished.state is State.RETRYING and end.delay is not None:
            await await_retry(finished.ticket, end.delay, lambda: self._publisher)
        if finished is not None and finished.state is State.FAILED:
            await subscription.reject(answer.candidate.delivery)
        else:
            await subscription.ack(answer.candidate.delivery)

    def _span(self, ticket: Ticket, attempt: int) -> tracing.Span:
        if not tracing.enabled():
            return tracing.OFF
        queue = work_queue(self._priority)
        return tracing.span(
            f"process {queue}",
            "CONSUMER",
            parent=ticket.traceparent,
            messaging__system="rabbitmq",
            messaging__operation__type="process",
            messaging__operation__name="process",
            messaging__destination__name=queue,
            messaging__message__id=str(ticket.job_id),
            punctual__job__kind=ticket.kind,
            punctual__job__attempt=attempt,
        )

    async def stop_consuming(self) -> None:
        """Takes no more, for good: what was not claimed goes back to the queue."""
        self._stopping = True
        if self._subscription is not None:
            await self._subscription.cancel()

    async def drain(self) -> None:
        """Waits for what is being worked on."""
        if self._working:
            await asyncio.wait(self._working)

    async def abort(self) -> None:
        """Cancels what is still being worked on; its leases expire and the jobs are tried again."""
        for task in self._working:
            task.cancel()
        await self.drain()


async def _restored(session: BrokerSession) -> None:
    """Declares what an operator has deleted; if that fails too, the next try will tell."""
    with contextlib.suppress(BrokerUnavailable):
        await session.restore()


def _early(claim: Claim) -> float:
    """Seconds that a claim came before its time, by the database's clock: brokers' clocks differ a little."""
    if claim.due_at is None or claim.started_at is None:
        return 0.0
    return max((claim.due_at - claim.started_at).total_seconds(), 0.0)


def _ticket(delivery: Delivery) -> Ticket:
    traceparent = delivery.headers.get("traceparent")
    return envelope.parse(
        delivery.body,
        correlation_id=delivery.correlation_id,
        traceparent=traceparent if isinstance(traceparent, str) else None,
    )


def _end(claim: Claim, outcome: Outcome, steps: Sequence[float]) -> Finish:
    """What an outcome means for the row."""
    job_id, number = claim.job_id, claim.attempt or 0
    match outcome:
        case Sent(code):
            return Finish(job_id, number, job_store.Outcome.SUCCEEDED, reply_code=code)
        case Skip(reason):
            return Finish(job_id, number, job_store.Outcome.SKIPPED, reason=reason)
        case Park(delay, error):
            return Finish(job_id, number, job_store.Outcome.PARKED, delay=delay, error=error)
        case Fail(error, code):
            return Finish(job_id, number, job_store.Outcome.FAILED, reply_code=code, error=error)
        case Retry(error, code):
            step = retry_delay(claim.retries or 0, steps)
            kind = job_store.Outcome.FAILED if step is None else job_store.Outcome.RETRYING
            return Finish(job_id, number, kind, delay=step, reply_code=code, error=error)
