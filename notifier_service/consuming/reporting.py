"""Logs and counts how attempts ended, in the words that operators look for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from notifier_service import metrics
from notifier_service.consuming.outcomes import Fail, Outcome, Park, Reason, Retry, Sent, Wait
from shared.jobs.metrics import ATTEMPTS, FINISHED, TROUBLE
from shared.jobs.model import FINAL, Kind, State, Ticket
from shared.jobs.store import Claim, Finished
from shared.process.tracing import Span

log = structlog.get_logger("notifier_service.jobs")

_SUBJECTS: Final = {
    Kind.CREATED: "appointment creation email",
    Kind.RESCHEDULED: "appointment reschedule email",
    Kind.CANCELLED: "appointment cancellation email",
    Kind.REMINDER: "appointment reminder email",
}
_STARTED: Final = {kind: f"processing {subject}" for kind, subject in _SUBJECTS.items()}
_SUCCEEDED: Final = {kind: f"{subject} processed successfully" for kind, subject in _SUBJECTS.items()}
_FAILED: Final = {kind: f"{subject} failed" for kind, subject in _SUBJECTS.items()}


def started(ticket: Ticket, claim: Claim) -> None:
    log.info(_STARTED[Kind(ticket.kind)], attempt=claim.attempt, **_ids(ticket))


def ended(
    ticket: Ticket, claim: Claim, outcome: Outcome, finished: Finished | None, *, retry_steps: Sequence[float]
) -> None:
    """`finished`: the row after the commit, None when the lease was lost."""
    if finished is None:
        ATTEMPTS.labels(ticket.kind, "discarded").inc()
        log.warning("outcome discarded, the lease was lost", attempt=claim.attempt, **_ids(ticket))
        return
    ATTEMPTS.labels(ticket.kind, _label(finished.state)).inc()
    if finished.state in FINAL:
        FINISHED.labels(ticket.kind, finished.state).inc()
    if (at_fault := _at_fault(outcome)) is not None:
        TROUBLE.labels(_label(finished.state), at_fault).inc()
    if claim.started_at is not None:
        metrics.DURATION.labels(ticket.kind).observe(_since(claim.started_at))
    if isinstance(outcome, Sent):
        _time_to_client(ticket, claim, waited=sum(retry_steps[: claim.retries]))
        log.info(_SUCCEEDED[Kind(ticket.kind)], attempt=claim.attempt, **_ids(ticket))
    elif isinstance(outcome, Wait):
        metrics.TURNS_WAITED.inc()
        log.info("email waits for its turn", seconds=round(outcome.delay), attempt=claim.attempt, **_ids(ticket))
    else:
        log.warning(
            _FAILED[Kind(ticket.kind)],
            attempt=claim.attempt,
            state=finished.state,
            reply_code=getattr(outcome, "code", None),
            **_ids(ticket),
        )


def trace(span: Span, became: str, outcome: Outcome) -> None:
    """Says on its span how an attempt ended."""
    span.note(punctual__job__outcome=became)
    if (at_fault := _at_fault(outcome)) is not None:
        span.note(error__type=at_fault)


def _time_to_client(ticket: Ticket, claim: Claim, *, waited: float) -> None:
    """`waited`: backoff in seconds, which has moved a reminder's due time."""
    if claim.created_at is None or claim.due_at is None:
        return
    reminder = ticket.kind == Kind.REMINDER
    promised = claim.due_at if reminder else claim.created_at
    if claim.mail_turn is not None:  # it was held back on purpose until then
        promised = max(promised, claim.mail_turn)
    seconds = max(_since(promised), 0.0) + (waited if reminder else 0.0)
    metrics.TOLD.labels(ticket.kind).observe(seconds)
    if claim.attempt != 1:  # retries would tell of the mail server, not of us
        return
    if reminder:
        metrics.LATENESS.observe(seconds)
    else:
        metrics.COMMIT_TO_SENT.labels(ticket.kind).observe(seconds)


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
