"""Takes jobs back by an operator's hand: one, or many in a transaction of the caller (sql/cancelling.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from shared.database import Database, Executor, Session
from shared.database.sql_file import statements
from shared.jobs import store as job_store
from shared.jobs.model import State

log = structlog.get_logger("api_service.ops")

REASON: Final = "cancelled by an operator"
_SQL: Final = statements("api_service.ops.core.sql", "cancelling.sql")


@dataclass(frozen=True, slots=True)
class CancelOutline:
    """How many jobs of a set wait, are being worked on, and have failed, of `matched` in all: the rest has ended."""

    matched: int
    waiting: int
    processing: int
    failed: int


async def one(database: Database, job_id: UUID, by: By) -> State | None:
    """scheduled, enqueued, retrying, failed → cancelled; one that is being processed is marked, so that whatever but
    success comes of it becomes cancelled. The state it is in then; None where it had ended or does not exist."""
    async with database.transaction() as session:
        moved = await job_store.cancel(session, [job_id], reason=REASON)
        if not moved:
            return None
        [(_, state)] = moved
        await actions.record(session, ActionKind.CANCEL, by, {"jobId": job_id, "state": state})
    log.info("job cancelled by hand", job_id=str(job_id), state=state, operator=by.operator)
    return state


async def outline(executor: Executor, job_ids: Sequence[UUID]) -> CancelOutline:
    """What cancelling these jobs would do."""
    [row] = await executor.fetch(_SQL["outline"], job_ids)
    return CancelOutline(**row)


async def many_in(session: Session, job_ids: Sequence[UUID], by: By, *, matched: int) -> Sequence[UUID]:
    """Cancels each as `one` does; those that were cancelled or marked. `matched`: how many the operator has seen."""
    moved = await job_store.cancel(session, job_ids, reason=REASON)
    target = {"jobIds": [str(each) for each in job_ids]}
    await actions.record(session, ActionKind.CANCEL, by, target, matched=matched, changed=len(moved))
    log.info("jobs cancelled by hand", jobs=len(moved), operator=by.operator)
    return [job_id for job_id, _ in moved]
