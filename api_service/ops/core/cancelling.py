"""Takes jobs back by an operator's hand: one, or many in a transaction of the caller (sql/cancelling.sql)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.searching import pattern, planned_anew
from api_service.ops.core.selection import Selection
from shared.database import Database, Executor, Session
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs import store as job_store
from shared.jobs.model import State

log = structlog.get_logger("api_service.ops")

MOST: Final = 10_000
"""Jobs of one cancelling by filter."""
BATCH: Final = 1_000
"""Jobs of one transaction."""
REASON: Final = "cancelled by an operator"
Note = Callable[[Session, Sequence[UUID]], Awaitable[None]]
"""Keeps which jobs a batch has cancelled or marked, in the batch's transaction."""
_SQL: Final = statements("api_service.ops.core.sql", "cancelling.sql")


@dataclass(frozen=True, slots=True)
class CancelOutline:
    """How many jobs of a set wait, are being worked on, and have failed, of `matched` in all: the rest has ended."""

    matched: int
    waiting: int
    processing: int
    failed: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Of `matched` jobs, `cancelled` ones will not be sent; `marked` ones are being sent just now, and not retried."""

    matched: int
    cancelled: int
    marked: int


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


async def many(
    database: Database,
    which: Selection,
    by: By,
    *,
    before: datetime,
    per_second: float,
    note: Note | None = None,
) -> Cancelled:
    """Cancels the jobs of a selection that were made before that moment. Each batch has its own transaction and record,
    so that nobody waits long for a lock; it is a second's worth at most. `note` is called in each of them."""
    matched = cancelled = marked = 0
    place, size = UUID(int=0), max(min(round(per_second), BATCH), 1)
    while matched < MOST:
        async with planned_anew(database) as session:
            rows = await _chosen(session, which, before=before, after=place, limit=min(size, MOST - matched))
            if not rows:
                break
            moved = await job_store.cancel(session, [row["id"] for row in rows], reason=REASON)
            target = {**which.target(), "madeBefore": before}
            await actions.record(session, ActionKind.CANCEL_MANY, by, target, matched=len(rows), changed=len(moved))
            if note is not None:
                await note(session, [job_id for job_id, _ in moved])
        place, matched = rows[-1]["id"], matched + len(rows)
        marked += sum(state is State.PROCESSING for _, state in moved)
        cancelled += sum(state is State.CANCELLED for _, state in moved)
        if len(rows) < size:
            break
        await asyncio.sleep(len(rows) / per_second)
    log.info("jobs cancelled by hand", jobs=cancelled + marked, operator=by.operator)
    return Cancelled(matched, cancelled, marked)


async def outline_of(database: Database, which: Selection, *, before: datetime) -> CancelOutline:
    """What `many` would do; nothing changes."""
    async with planned_anew(database) as session:
        rows = await _chosen(session, which, before=before, after=UUID(int=0), limit=MOST)
    found = Counter(State(row["state"]) for row in rows)
    return CancelOutline(
        matched=len(rows),
        waiting=len(rows) - found[State.PROCESSING] - found[State.FAILED],
        processing=found[State.PROCESSING],
        failed=found[State.FAILED],
    )


async def sample(database: Database, which: Selection, *, before: datetime, limit: int) -> Sequence[UUID]:
    """The first jobs of a selection that would be cancelled."""
    if which.ids is not None:
        return [row["id"] for row in await database.fetch(_SQL["unsent"], which.ids, limit)]
    async with planned_anew(database) as session:
        rows = await _chosen(session, which, before=before, after=UUID(int=0), limit=limit)
    return [row["id"] for row in rows]


async def _chosen(session: Session, which: Selection, *, before: datetime, after: UUID, limit: int) -> Sequence[Row]:
    return await session.fetch(
        _SQL["chosen"],
        which.state,
        which.kind,
        which.appointment_id,
        which.client_id,
        pattern(which.error),
        before,
        after,
        limit,
        which.group,
    )


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
