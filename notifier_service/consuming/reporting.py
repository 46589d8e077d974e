"""Logs and counts the ends of attempts, with the lines that operators look for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Final

import structlog

from notifier_service.channels.outcomes import Fail, Outcome, Park, Reason, Retry, Sent, Wait
from notifier_service.consuming import metrics
from shared.jobs.metrics import ATTEMPTS, FINISHED, TROUBLE
from shared.jobs.model import FINAL, Channel, Kind, State, Ticket
from shared.jobs.store import Claimed, Finished
from shared.process.tracing import Span

log = structlog.get_logger("notifier_service.jobs")

_EVENTS: Final = {
    Kind.CREATED: "appointment creation",
    Kind.RESCHEDULED: "appointment reschedule",
    Kind.CANCELLED: "appointment cancellation",
    Kind.OFFER: "appointment offer",
    Kind.REMINDER: "appointment reminder",
    Kind.AGENDA: "doctor agenda",
    Kind.DOCTOR_NOTICE: "doctor notice",
}
_SUBJECTS: Final = {(kind, channel): f"{_EVENTS[kind]} {channel}" for kind, channel in product(Kind, Channel)}
_STARTED: Final = {about: f"processing {subject}" for about, subject in _SUBJECTS.items()}
_SUCCEEDED: Final = {about: f"{subject} processed successfully" for about, subject in _SUBJECTS.items()}
_WAITS: Final = {channel: f"{channel} waits for its turn" for channel in Channel}
_FAILED: Final = {about: f"{subject} failed" for about, subject in _SUBJECTS.items()}


def started(ticket: Ticket, claim: Claimed) -> None:
    log.info(_STARTED[ticket.kind, ticket.channel], attempt=claim.attempt, **_ids(ticket))


def ended(
    ticket: Ticket, claim: Claimed, outcome: Outcome, finished: Finished | None, *, retry_steps: Sequence[float]
) -> None:
    """`finished`: the row after the commit; None when the lease was lost."""
    if finished is None:
        ATTEMPTS.labels(ticket.kind, "discarded", ticket.channel).inc()
        log.warning("outcome discarded, the lease was lost", attempt=claim.attempt, **_ids(ticket))
        return
    ATTEMPTS.labels(ticket.kind, _label(finished.state), ticket.channel).inc()
    if finished.state in FINAL:
        FINISHED.labels(ticket.kind, finished.state, ticket.channel).inc()
    if (at_fault := _at_fault(outcome)) is not None:
        TROUBLE.labels(_label(finished.state), at_fault, ticket.channel).inc()
    metrics.DURATION.labels(ticket.kind, ticket.channel).observe(_since(claim.started_at))
    if isinstance(outcome, Sent):
        _time_to_client(ticket, claim, waited=sum(retry_steps[: claim.retries]))
        log.info(_SUCCEEDED[ticket.kind, ticket.channel], attempt=claim.attempt, **_ids(ticket))
    elif isinstance(outcome, Wait):
        log.info(_WAITS[ticket.channel], seconds=round(outcome.delay), attempt=claim.attempt, **_ids(ticket))
    else:
        log.warning(
            _FAILED[ticket.kind, ticket.channel],
            attempt=claim.attempt,
            state=finished.state,
            reply_code=getattr(outcome, "code", None),
            **_ids(ticket),
        )


def trace(span: Span, became: str, outcome: Outcome) -> None:
    """Notes the end of an attempt on its span."""
    span.note(punctual__job__outcome=became)
    if (at_fault := _at_fault(outcome)) is not None:
        span.note(error__type=at_fault)


def _time_to_client(ticket: Ticket, claim: Claimed, *, waited: float) -> None:
    """`waited`: seconds of backoff, by which a reminder's due time has moved."""
    reminder = ticket.kind is Kind.REMINDER
    promised = claim.due_at if reminder else claim.created_at
    if claim.not_before is not None:  # it was held back on purpose until then
        promised = max(promised, claim.not_before)
    seconds = max(_since(promised), 0.0) + (waited if reminder else 0.0)
    metrics.TOLD.labels(ticket.kind, ticket.channel).observe(seconds)
    if claim.attempt != 1:  # retries would measure the mail server, not us
        return
    if reminder:
        metrics.LATENESS.observe(seconds)
    else:
        metrics.COMMIT_TO_SENT.labels(ticket.kind, ticket.channel).observe(seconds)


def _at_fault(outcome: Outcome) -> Reason | None:
    match outcome:
        case Fail() | Retry():
            return outcome.at_fault
        case Park():
            return "server"
        case _:
            return None


def _since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _label(state: State) -> str:
    return "parked" if state is State.SCHEDULED else state


def _ids(ticket: Ticket) -> dict[str, str | None]:
    return {
        "job_id": str(ticket.job_id),
        "appointment_id": str(ticket.appointment_id),
        "request_id": ticket.request_id,
    }
