"""Takes a job back by an operator's hand."""

from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import State

log = structlog.get_logger("api_service.ops")


async def one(database: Database, job_id: UUID, *, operator: str, reason: str | None = None) -> State | None:
    """scheduled, enqueued, retrying, failed → cancelled; one that is being processed is marked, so that whatever but
    success comes of it becomes cancelled. The state it is in then; None where it had ended or does not exist."""
    async with database.transaction() as session:
        moved = await job_store.cancel(session, [job_id], reason="cancelled by an operator")
        if not moved:
            return None
        [(_, state)] = moved
        await actions.record(session, ActionKind.CANCEL, By(operator, reason), {"jobId": job_id, "state": state})
    log.info("job cancelled by hand", job_id=str(job_id), state=state, operator=operator)
    return state
