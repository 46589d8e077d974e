"""Works on one claimed job: handler → outcome → commit → retry step. Never acks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from notifier_service.consuming import reporting
from notifier_service.consuming.admission import Admission, Admitted
from notifier_service.consuming.handlers import Handler, attempt
from notifier_service.consuming.isolation import Isolation
from notifier_service.consuming.leases import Leases
from notifier_service.consuming.ledger import Ledger
from notifier_service.consuming.notice import Notice
from notifier_service.consuming.outcomes import Fail, Outcome, Park, Retry, Sent, Wait
from notifier_service.consuming.outgoing import Outgoing
from notifier_service.consuming.pauses import Pauses
from notifier_service.consuming.progress import Progress
from notifier_service.consuming.retries import await_retry
from shared.broker import Delivery
from shared.broker.topology import work_queue
from shared.jobs import store as job_store
from shared.jobs.model import Priority, State, Ticket
from shared.jobs.store import Claim, Finish, Finished
from shared.process import tracing
from shared.process.backoff import retry_delay


@dataclass(frozen=True, slots=True)
class Desk:
    """What every queue's consumer works with."""

    admission: Admission
    handlers: Mapping[str, Handler]
    ledger: Ledger
    leases: Leases
    progress: Progress
    pauses: Pauses
    isolation: Isolation
    outgoing: Outgoing
    retry_steps: Sequence[float]
    database_answers: Callable[[], Awaitable[bool]]
    record_dead: Callable[[Delivery], Awaitable[bool]]


async def work(desk: Desk, priority: Priority, answer: Admitted) -> Finished | None:
    """The row after the attempt's outcome was committed, and its retry published; None when the lease was lost."""
    claim, ticket = answer.claim, answer.candidate.ticket
    assert answer.notice is not None and claim.attempt is not None  # noqa: S101 - CLAIMED has both
    desk.progress.claimed(priority, claim)
    with desk.leases.hold(claim.job_id, claim.attempt):
        if (early := _early(claim)) > 0:
            await asyncio.sleep(early)
        reporting.started(ticket, claim)
        with _span(ticket, claim.attempt) as span:
            outcome = await _outcome(desk, answer, answer.notice, claim.attempt)
            end = end_of_attempt(claim, outcome, desk.retry_steps)
            finished = await desk.ledger.finish(end)
            reporting.trace(span, end.outcome, outcome)
    reporting.ended(ticket, claim, outcome, finished, retry_steps=desk.retry_steps)
    if finished is not None and finished.state is State.RETRYING and end.delay is not None:
        await await_retry(finished.ticket, end.delay, desk.outgoing.publisher)
    return finished


async def _outcome(desk: Desk, answer: Admitted, notice: Notice, attempt_number: int) -> Outcome:
    if answer.fault is not None:
        return Fail(answer.fault)
    if answer.wait:
        return Wait(answer.wait)
    return await attempt(desk.handlers[answer.candidate.ticket.kind], notice, attempt_number)


def _span(ticket: Ticket, attempt: int) -> tracing.Span:
    if not tracing.enabled():
        return tracing.OFF
    queue = work_queue(ticket.priority)
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


def _early(claim: Claim) -> float:
    """Seconds that a claim came before its time, by the database's clock: brokers' clocks differ a little."""
    if claim.due_at is None or claim.started_at is None:
        return 0.0
    return max((claim.due_at - claim.started_at).total_seconds(), 0.0)


def end_of_attempt(claim: Claim, outcome: Outcome, steps: Sequence[float]) -> Finish:
    """What an outcome means for the row."""
    job_id, number = claim.job_id, claim.attempt or 0
    match outcome:
        case Sent(code):
            return Finish(job_id, number, job_store.Outcome.SUCCEEDED, reply_code=code)
        case Park(delay, error, by_us):
            return Finish(job_id, number, job_store.Outcome.PARKED, delay=delay, error=error, away=not by_us)
        case Wait(delay, error):
            return Finish(job_id, number, job_store.Outcome.PARKED, delay=delay, error=error)
        case Fail(error, code):
            return Finish(
                job_id, number, job_store.Outcome.FAILED, reply_code=code, error=error, bound_to=outcome.bound_to
            )
        case Retry():
            return _retry(claim, outcome, retry_delay(claim.retries or 0, steps))


def _retry(claim: Claim, outcome: Retry, step: float | None) -> Finish:
    """`step`: seconds until the next attempt, None: no retry is left."""
    if step is not None:
        kind, delay = job_store.Outcome.RETRYING, step
    elif outcome.in_doubt is not None:
        kind, delay = job_store.Outcome.PARKED, outcome.in_doubt
    else:
        kind, delay = job_store.Outcome.FAILED, None
    return Finish(
        claim.job_id,
        claim.attempt or 0,
        kind,
        delay=delay,
        reply_code=outcome.code,
        error=outcome.error,
        away=kind is job_store.Outcome.PARKED,
        bound_to=outcome.bound_to,
    )
