"""Gives failed jobs another life by an operator's hand: the only way there is, for the API and the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog

from api_service.ops.core import actions, failed_jobs
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.failed_jobs import Exclusion, Selection
from api_service.relay.dispatch import Dispatch
from shared.database import Database, Session
from shared.jobs import store as job_store

log = structlog.get_logger("api_service.ops")

MOST: Final = 50_000
"""Jobs of one bulk requeue, which is one transaction; the rest is a second one."""
_ANY_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Requeued:
    """`matched`: failed jobs of the selection, at most MOST, of which `jobs` are tried again; `excluded`: how many are
    not, by why. The two are all of them, but for a dry run, which requeues none."""

    matched: int
    jobs: tuple[UUID, ...]
    excluded: Mapping[Exclusion, int]
    failed_before: datetime


async def one(
    database: Database, dispatch: Dispatch, job_id: UUID, *, operator: str, reason: str | None = None
) -> Requeued:
    """failed → scheduled, due now; nothing matches in any other state. What may have been sent is included: the
    operator has looked at it."""
    async with store.planned_anew(database) as session:
        done = await _requeue(session, Selection(ids=(job_id,)), before=_ANY_TIME, over=None, possibly_sent=True)
        if done.jobs:
            await actions.record(session, ActionKind.REQUEUE, By(operator, reason), {"jobId": job_id})
    if done.jobs:
        dispatch.wake()
        log.info("job requeued by hand", job_id=str(job_id), operator=operator)
    return done


async def many(
    database: Database,
    dispatch: Dispatch,
    which: Selection,
    *,
    per_second: float,
    dry_run: bool,
    operator: str,
    reason: str | None = None,
    failed_before: datetime | None = None,
    possibly_sent: bool = True,
) -> Requeued:
    """Spreads the failed jobs of a selection over time, so that they do not stampede the mail server.

    `failed_before` freezes the set: what fails later, or fails once more, is not in it. Without it, now counts.
    `possibly_sent`: include those whose mail may have gone out.
    """
    before = failed_before or await store.now(database)
    async with store.planned_anew(database) as session:
        if dry_run:
            found = await failed_jobs.choose(session, which, before=before, limit=MOST, hold=False)
            excluded = failed_jobs.left_out(found, possibly_sent=possibly_sent)
            return Requeued(len(found), (), excluded, before)
        done = await many_in(
            session,
            which,
            before=before,
            per_second=per_second,
            by=By(operator, reason),
            possibly_sent=possibly_sent,
        )
    dispatch.wake()
    return done


async def many_in(
    session: Session, which: Selection, *, before: datetime, per_second: float, by: By, possibly_sent: bool
) -> Requeued:
    """The same in the caller's transaction, which wakes the relay afterwards."""
    done = await _requeue(session, which, before=before, over=1 / per_second, possibly_sent=possibly_sent)
    target: dict[str, Any] = {**which.target(), "failedBefore": before, "perSecond": per_second}
    if done.excluded:
        target["excluded"] = {str(why): jobs for why, jobs in done.excluded.items()}
    await actions.record(session, ActionKind.REQUEUE_MANY, by, target, matched=done.matched, changed=len(done.jobs))
    log.info("jobs requeued by hand", jobs=len(done.jobs), operator=by.operator)
    return done


async def _requeue(
    session: Session, which: Selection, *, before: datetime, over: float | None, possibly_sent: bool
) -> Requeued:
    """`over`: seconds between two of them; None: at once."""
    found = await failed_jobs.choose(session, which, before=before, limit=MOST, hold=True)
    wanted = [each.id for each in found if failed_jobs.why_not(each, possibly_sent=possibly_sent) is None]
    done = await job_store.requeue(session, wanted, over=len(wanted) * (over or 0.0))
    excluded = failed_jobs.left_out(found, possibly_sent=possibly_sent)
    return Requeued(len(found), tuple(sorted(done)), excluded, before)
