"""Gives failed jobs another life by an operator's hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from api_service.ops import actions, store
from api_service.ops.actions import ActionKind, By
from api_service.ops.store import JobFilter
from api_service.relay.dispatch import Dispatch
from shared import job_store
from shared.database import Database

log = structlog.get_logger("api_service.ops")

MOST: Final = 50_000
"""Jobs of one bulk requeue, which is one transaction; the rest is a second one."""


@dataclass(frozen=True, slots=True)
class Requeued:
    """`matched`: jobs of the filter that had failed before `failed_before`, at most MOST."""

    matched: int
    requeued: int
    failed_before: datetime


async def one(
    database: Database, dispatch: Dispatch, job_id: UUID, *, operator: str, reason: str | None = None
) -> bool:
    """failed → scheduled, due now; False in any other state."""
    async with database.transaction() as session:
        done = bool(await job_store.requeue(session, [job_id]))
        if done:
            await actions.record(session, ActionKind.REQUEUE, By(operator, reason), {"jobId": job_id})
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
    reason: str | None = None,
    failed_before: datetime | None = None,
) -> Requeued:
    """Spreads the failed jobs of a filter over time, so that they do not stampede the mail server.

    `failed_before` freezes the set: what fails later, or fails once more, is not in it. Without it, now counts.
    """
    before = failed_before or await store.now(database)
    if dry_run:
        return Requeued(await store.count_failed(database, wanted, before=before, limit=MOST), 0, before)
    target = {"filter": wanted.to_json(), "failedBefore": before, "perSecond": per_second}
    async with store.taking_failed(database, wanted, before=before, limit=MOST) as (session, found):
        done = await job_store.requeue(session, found, over=len(found) / per_second)
        await actions.record(
            session,
            ActionKind.REQUEUE_MANY,
            By(operator, reason),
            target,
            matched=len(found),
            changed=len(done),
        )
    dispatch.wake()
    log.info("jobs requeued by hand", jobs=len(done), operator=operator)
    return Requeued(len(found), len(done), before)
