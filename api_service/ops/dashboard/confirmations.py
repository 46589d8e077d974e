"""Changes many jobs at once, in two steps: what would be done is shown, then it is done to exactly that set."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson
import structlog

from api_service.ops.core import actions, failed_jobs, requeueing
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.failed_jobs import Selection
from api_service.ops.dashboard.sessions import Operator
from api_service.relay.dispatch import Dispatch
from shared.database import Database, Executor, Session
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Priority, Row, State

log = structlog.get_logger("api_service.ops")

TYPED_FROM: Final = 500
"""A change of more jobs than this is confirmed by typing their number."""
_SQL: Final = statements("api_service.ops.dashboard.sql", "confirmations.sql")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which jobs, and what is to be done to them: "requeue" or "cancel". By ids; or failed ones by cause, kind, or
    both."""

    action: str
    ids: tuple[UUID, ...] = ()
    group: str | None = None
    kind: str | None = None

    def to_json(self) -> dict[str, Any]:
        named = {"group": self.group, "kind": self.kind, "jobs": [str(each) for each in self.ids] or None}
        return {"action": self.action} | {name: value for name, value in named.items() if value}

    @property
    def selection(self) -> Selection:
        if self.ids:
            return Selection(ids=self.ids)
        return Selection(state=State.FAILED, kind=self.kind or None, group=self.group or None)

    @classmethod
    def from_json(cls, text: str) -> Self:
        kept = orjson.loads(text)
        ids = tuple(UUID(each) for each in kept.get("jobs", ()))
        return cls(kept["action"], ids, kept.get("group"), kept.get("kind"))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was asked for and shown. `outline`: counts by what would become of the jobs; of a requeue, `excluded` has
    those that stay failed, by why."""

    id: UUID
    choice: Choice
    cutoff: datetime
    outline: Mapping[str, Any]
    used_at: datetime | None
    changed: int

    @property
    def sure(self) -> int:
        """Jobs that are changed in any case."""
        names = ("waiting", "processing", "failed") if self.choice.action == "cancel" else ("high", "normal")
        return sum(self.outline.get(name, 0) for name in names)

    @classmethod
    def from_row(cls, row: Row) -> Self:
        choice, outline = Choice.from_json(row["filter"]), orjson.loads(row["outline"])
        return cls(row["id"], choice, row["cutoff"], outline, row["used_at"], row["changed"])


async def propose(database: Database, operator: Operator, choice: Choice) -> UUID:
    """Freezes the set: what fails or changes from now on is not in it."""
    [now] = await database.fetch(_SQL["now"])
    if choice.action == "cancel":
        [row] = await database.fetch(_SQL["outline_cancel"], choice.ids)
        outline = dict(row)
    else:
        outline = await _outline_requeue(database, choice, now["moment"])
    confirmation_id = new_id()
    kept = (orjson.dumps(each).decode() for each in (choice.to_json(), outline))
    chosen, counts = kept
    await database.execute(_SQL["propose"], confirmation_id, operator.session, chosen, now["moment"], counts)
    return confirmation_id


async def find(executor: Executor, operator: Operator, confirmation_id: UUID) -> Confirmation | None:
    """None also where it is of another session."""
    row = await executor.fetchrow(_SQL["find"], confirmation_id, operator.session)
    return None if row is None else Confirmation.from_row(row)


async def carry_out(
    database: Database,
    dispatch: Dispatch,
    operator: Operator,
    asked: Confirmation,
    *,
    unsure_too: bool,
    per_second: float,
    reason: str | None,
) -> bool:
    """Does what was confirmed, once; False where it had been done already.

    Requeued jobs are due spread over time, `per_second` of them, so that they do not stampede the mail server.
    """
    by = By(operator.subject, reason)
    async with store.planned_anew(database) as session:
        if not await session.fetch(_SQL["use"], asked.id, operator.session):
            return False
        if asked.choice.action == "cancel":
            changed = await _cancel(session, asked, by)
        else:
            done = await requeueing.many_in(
                session,
                asked.choice.selection,
                before=asked.cutoff,
                per_second=per_second,
                by=by,
                possibly_sent=unsure_too,
            )
            changed = done.jobs
        await session.execute(_SQL["note_jobs"], asked.id, changed)
    dispatch.wake()
    return True


async def progress(executor: Executor, asked: Confirmation) -> Mapping[State, int]:
    """Where the first thousand of the changed jobs are by now."""
    return {State(row["state"]): row["jobs"] for row in await executor.fetch(_SQL["progress"], asked.id)}


async def _outline_requeue(database: Database, choice: Choice, cutoff: datetime) -> dict[str, Any]:
    """What a requeue would do; of `unsure` nobody knows whether the mail has arrived."""
    async with store.planned_anew(database) as session:
        found = await failed_jobs.choose(session, choice.selection, before=cutoff, limit=requeueing.MOST, hold=False)
    sendable = [each for each in found if each.excluded is None]
    sure = Counter(each.priority for each in sendable if not each.unsure)
    return {
        "matched": len(found),
        "unsure": sum(each.unsure for each in sendable),
        **{str(priority): sure[priority] for priority in Priority},
        "excluded": {str(why): jobs for why, jobs in failed_jobs.left_out(found, possibly_sent=True).items()},
    }


async def _cancel(session: Session, asked: Confirmation, by: By) -> Sequence[UUID]:
    moved = await job_store.cancel(session, asked.choice.ids, reason="cancelled by an operator")
    target, matched = asked.choice.selection.target(), asked.outline["matched"]
    await actions.record(session, ActionKind.CANCEL, by, target, matched=matched, changed=len(moved))
    log.info("jobs cancelled by hand", jobs=len(moved), operator=by.operator)
    return [job_id for job_id, _ in moved]
