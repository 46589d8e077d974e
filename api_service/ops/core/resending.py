"""Says again, by an operator's hand, what a job that has ended said, as a new job with the facts of now; or gives a
failed one up."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from api_service.ops.core import actions, selection
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.selection import Exclusion, Judged
from api_service.relay.dispatch import Dispatch
from api_service.relay.metrics import JOBS_CREATED
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import DOCTOR_KINDS, State

log = structlog.get_logger("api_service.ops")

SOURCES: Final = frozenset({State.SUCCEEDED, State.FAILED, State.SKIPPED})
"""A job in one of these states can be sent again."""


@dataclass(frozen=True, slots=True)
class Resent:
    """`job_id`: the new job. Without it nothing was done: because of the `state` that the job is in, because it is not
    still so (`excluded`), or because a job sends it again just now (`resent_by`)."""

    job_id: UUID | None
    state: State
    excluded: Exclusion | None = None
    resent_by: UUID | None = None


async def resend(
    database: Database,
    dispatch: Dispatch,
    job_id: UUID,
    by: By,
    *,
    request_id: str | None = None,
    traceparent: str | None = None,
) -> Resent | None:
    """A new job of the same kind, due now, that says whose it is; a failed job is given up for it, so that nobody
    requeues it beside. None where there is no such job."""
    async with database.transaction() as session:
        await job_store.hold_for_resend(session, job_id)
        found = await selection.judge(session, job_id)
        if found is None or (refusal := _refusal(found)) is not None:
            return None if found is None else refusal
        ticket = await job_store.resend(
            session, job_id, request_id=request_id, traceparent=traceparent, head_start=dispatch.head_start
        )
        if ticket is None:  # its appointment has begun between the two statements
            return Resent(None, found.state, Exclusion.BEGUN)
        if found.state is State.FAILED:
            await job_store.discard(session, job_id, reason=f"sent again as job {ticket.job_id}")
        target = {"jobId": job_id, "newJobId": ticket.job_id}
        await actions.record(session, ActionKind.RESEND, by, target)
    JOBS_CREATED.labels(ticket.kind).inc()
    dispatch.offer([ticket])
    log.info("job sent again by hand", job_id=str(job_id), new_job_id=str(ticket.job_id), operator=by.operator)
    return Resent(ticket.job_id, found.state)


async def discard(database: Database, job_id: UUID, by: By) -> bool:
    """failed → cancelled, with the operator's reason; False where the job is not failed, or does not exist."""
    reason = "given up by an operator" if by.reason is None else f"given up by an operator: {by.reason}"
    async with database.transaction() as session:
        done = await job_store.discard(session, job_id, reason=reason)
        if done:
            await actions.record(session, ActionKind.DISCARD_JOB, by, {"jobId": job_id})
    if done:
        log.info("failed job given up by hand", job_id=str(job_id), operator=by.operator)
    return done


def _refusal(found: Judged) -> Resent | None:
    if found.state in SOURCES and found.kind in DOCTOR_KINDS:  # as the statement `resend` has it
        return Resent(None, found.state, Exclusion.TOLD_ONCE)
    if found.state not in SOURCES or found.excluded is not None or found.resent_by is not None:
        return Resent(None, found.state, found.excluded, found.resent_by)
    return None
