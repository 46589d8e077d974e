"""Gives failed jobs another life by an operator's hand."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from api_service.ops import store
from api_service.ops.store import JobFilter
from api_service.relay.dispatch import Dispatch
from shared import job_store
from shared.database import Database

log = structlog.get_logger("api_service.ops")

MOST: Final = 100_000
"""Jobs of one bulk requeue; the rest is a second one."""


@dataclass(frozen=True, slots=True)
class Requeued:
    matched: int
    requeued: int


async def one(database: Database, dispatch: Dispatch, job_id: UUID, *, operator: str) -> bool:
    """failed → scheduled, due now; False in any other state."""
    done = bool(await job_store.requeue(database, [job_id]))
    if done:
        dispatch.wake()
        log.info("job requeued by hand", job_id=str(job_id), operator=operator)
    return done


async def many(
    database: Database,
    dispatch: Dispatch,
    wanted: JobFilter,
    *,
    per_second: float,
    dry_run: bool,
    operator: str,
) -> Requeued:
    """Spreads the failed jobs of a filter over time, so that they do not stampede the mail server."""
    found = await store.failed(database, wanted, limit=MOST)
    if dry_run:
        return Requeued(len(found), 0)
    done = await job_store.requeue(database, found, over=len(found) / per_second)
    dispatch.wake()
    log.info("jobs requeued by hand", jobs=len(done), operator=operator)
    return Requeued(len(found), len(done))
