"""Gives failed jobs another life by an operator's hand: the only way there is, for the API and the dashboard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog

from api_service.ops.core import actions, selection
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.searching import planned_anew
from api_service.ops.core.selection import Exclusion, Selection
from api_service.relay.dispatch import Dispatch
from shared.database import Database, Session
from shared.jobs import store as job_store
from shared.jobs.model import Priority

log = structlog.get_logger("api_service.ops")

MOST: Final = 50_000
"""Jobs of one bulk requeue, which is one transaction; the rest is a second one."""
_LOOKED_THROUGH: Final = 20
"""Failed jobs that are looked at for each job of a sample, since some are left out."""
_ANY_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RequeueOutline:
    """What requeueing a selection would do. `matched`: its failed jobs, at most MOST; of these, `high` and `normal`
    would be queued for sure, `unsure` may have been sent already, and `excluded` stay failed, by why."""

    matched: int
    high: int
    normal: int
    unsure: int
    excluded: Mapping[Exclusion, int]

    def left_out(self, *, possibly_sent: bool) -> Mapping[Exclusion, int]:
        """How many stay failed, by why; `possibly_sent`: the unsure ones are queued."""
        unsure = {} if possibly_sent or not self.unsure else {Exclusion.POSSIBLY_SENT: self.unsure}
        return {**self.excluded, **unsure}


@dataclass(frozen=True, slots=True)
class Requeued:
    """`matched`: failed jobs of the selection, at most MOST, of which `jobs` are tried again;
    `excluded`: how many are not, by why."""

    matched: int
    jobs: tuple[UUID, ...]
    excluded: Mapping[Exclusion, int]


async def outline(database: Database, which: Selection, *, before: datetime) -> RequeueOutline:
    """What `many` would do to those that had failed before that moment; nothing changes."""
    async with planned_anew(database) as session:
        found = await selection.choose(session, which, before=before, limit=MOST, hold=False)
    sendable = [each for each in found if each.excluded is None]
    sure = Counter(each.priority for each in sendable if not each.unsure)
    excluded = selection.left_out(found, possibly_sent=True)
    unsure = sum(each.unsure for each in sendable)
    return RequeueOutline(len(found), sure[Priority.HIGH], sure[Priority.NORMAL], unsure, excluded)


async def sample(database: Database, which: Selection, *, before: datetime, limit: int) -> Sequence[UUID]:
    """Some of the jobs that `many` would queue, the oldest first."""
    async with planned_anew(database) as session:
        found = await selection.choose(session, which, before=before, limit=limit * _LOOKED_THROUGH, hold=False)
    return [each.id for each in found if each.excluded is None][:limit]


async def one(database: Database, dispatch: Dispatch, job_id: UUID, by: By) -> Requeued:
    """failed → scheduled, due now; nothing matches in any other state. What may have been sent is included: the
    operator has looked at it."""
    async with planned_anew(database) as session:
        done = await _requeue(session, Selection(ids=(job_id,)), before=_ANY_TIME, between=0.0, possibly_sent=True)
        if done.jobs:
            await actions.record(session, ActionKind.REQUEUE, by, {"jobId": job_id})
    if done.jobs:
        dispatch.wake()
        log.info("job requeued by hand", job_id=str(job_id), operator=by.operator)
    return done


async def many(
    database: Database,
    dispatch: Dispatch,
    which: Selection,
    by: By,
    *,
    before: datetime,
    per_second: float,
    possibly_sent: bool,
) -> Requeued:
    """Spreads the failed jobs of a selection over time, `per_second` of them, so that they do not stampede the mail
    server. What fails after `before`, or fails once more, is not among them. `possibly_sent`: include those whose mail
    may have gone out."""
    async with planned_anew(database) as session:
        done = await many_in(session, which, by, before=before, per_second=per_second, possibly_sent=possibly_sent)
    dispatch.wake()
    return done


async def many_in(
    session: Session, which: Selection, by: By, *, before: datetime, per_second: float, possibly_sent: bool
) -> Requeued:
    """The same in the caller's transaction (searching.planned_anew), which wakes the relay afterwards."""
    done = await _requeue(session, which, before=before, between=1 / per_second, possibly_sent=possibly_sent)
    target: dict[str, Any] = {**which.target(), "failedBefore": before, "perSecond": per_second}
    if done.excluded:
        target["excluded"] = {str(why): jobs for why, jobs in done.excluded.items()}
    await actions.record(session, ActionKind.REQUEUE_MANY, by, target, matched=done.matched, changed=len(done.jobs))
    log.info("jobs requeued by hand", jobs=len(done.jobs), operator=by.operator)
    return done


async def _requeue(
    session: Session, which: Selection, *, before: datetime, between: float, possibly_sent: bool
) -> Requeued:
    """`between`: seconds between two of them."""
    found = await selection.choose(session, which, before=before, limit=MOST, hold=True)
    wanted = [each.id for each in found if selection.why_not(each, possibly_sent=possibly_sent) is None]
    done = await job_store.requeue(session, wanted, over=len(wanted) * between)
    excluded = selection.left_out(found, possibly_sent=possibly_sent)
    return Requeued(len(found), tuple(sorted(done)), excluded)
