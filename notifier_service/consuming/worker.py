"""Works on one claimed job: delivery → outcome → commit → retry step. Never acks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.outcomes import Fail, Outcome, Wait
from notifier_service.consuming import reporting
from notifier_service.consuming.admission import Admission, Admitted
from notifier_service.consuming.attempt import deliver, end_of_attempt
from notifier_service.consuming.crash_isolation import Isolation
from notifier_service.consuming.leases import Leases
from notifier_service.consuming.outcome_writer import OutcomeWriter
from notifier_service.consuming.pauses import Pauses
from notifier_service.consuming.publishing_connection import Outgoing
from notifier_service.consuming.queue_progress import Progress
from shared.broker import Delivery, Publication
from shared.broker.topology import RETRY, retry_key
from shared.errors import BrokerUnavailable, PublishRefused
from shared.jobs import envelope
from shared.jobs.model import Channel, State, Ticket
from shared.jobs.store import Claimed, Finished
from shared.jobs.work_queues import WorkQueue, queue_of
from shared.process import tracing

log = structlog.get_logger("notifier_service.consuming.worker")


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts that the work on a job needs; one object for all queues of a process."""

    admission: Admission
    channels: Mapping[Channel, ChannelAdapter]
    outcomes: OutcomeWriter
    leases: Leases
    progress: Progress
    pauses: Pauses
    isolation: Isolation
    outgoing: Outgoing
    retry_steps: Sequence[float]
    shards: int
    database_answers: Callable[[], Awaitable[bool]]
    record_dead: Callable[[Delivery], Awaitable[bool]]

    async def work(self, queue: WorkQueue, answer: Admitted) -> Finished | None:
        """Works on a claimed job from that queue. Returns the row after its outcome was committed and its retry
        published; None when the lease was lost."""
        claim, ticket = answer.claim, answer.candidate.ticket
        self.progress.claimed(queue, claim)
        with self.leases.hold(claim.job_id, claim.attempt):
            if (early := _early(claim)) > 0:
                await asyncio.sleep(early)
            reporting.started(ticket, claim)
            with _span(queue.name, ticket, claim.attempt) as span:
                outcome = await self._outcome(answer)
                end = end_of_attempt(claim, outcome, self.retry_steps)
                finished = await self.outcomes.finish(end)
                reporting.trace(span, end.outcome, outcome)
        reporting.ended(ticket, claim, outcome, finished, retry_steps=self.retry_steps)
        if finished is not None and finished.state is State.RETRYING and finished.ticket and end.delay is not None:
            await self._await_retry(finished.ticket, end.delay)
        return finished

    async def _outcome(self, answer: Admitted) -> Outcome:
        if answer.fault is not None:
            return Fail(answer.fault)
        adapter = self.channels[answer.candidate.ticket.channel]
        if answer.wait:
            return Wait(answer.wait, adapter.reason_to_wait)
        return await deliver(adapter, answer.notice, answer.claim.attempt)

    async def _await_retry(self, ticket: Ticket, delay: float) -> None:
        """Publishes the next attempt's ticket to the queue of its retry step, with confirm, after the row says
        `retrying`.

        If that fails, the row keeps its due time, and the relay's lifeline publishes it: nothing is lost, it is only
        later.
        """
        publisher = self.outgoing.publisher
        publication = Publication(RETRY, retry_key(delay, queue_of(ticket, self.shards)), envelope.build(ticket))
        try:
            if publisher is None:
                raise BrokerUnavailable("not connected")
            await publisher.publish(publication)
        except (PublishRefused, BrokerUnavailable) as error:
            log.warning("retry not published, the relay will find it", job_id=str(ticket.job_id), error=str(error))


def _span(queue: str, ticket: Ticket, attempt: int) -> tracing.Span:
    if not tracing.enabled():
        return tracing.OFF
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


def _early(claim: Claimed) -> float:
    """Seconds by which a claim came early, by the database's clock: brokers' clocks differ a little."""
    return max((claim.due_at - claim.started_at).total_seconds(), 0.0)
