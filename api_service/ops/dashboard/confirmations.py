"""Changes many jobs at once, in two steps: what would be done is shown, then it is done to exactly that set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson
import structlog

from api_service.ops import actions
from api_service.ops.actions import ActionKind, By
from api_service.ops.dashboard.sessions import Operator
from api_service.relay.dispatch import Dispatch
from shared import job_store
from shared.database import Database, Executor, Session
from shared.ids import new_id
from shared.jobs import Row, State
from shared.sql_file import statements

log = structlog.get_logger("api_service.ops")

TYPED_FROM: Final = 500
"""A change of more jobs than this is confirmed by typing their number."""
_SQL: Final = statements("api_service.ops.dashboard.sql", "confirmations.sql")
_OUTLINE: Final = _SQL["outline_requeue"].replace("/* chosen */", _SQL["chosen"])
_IDS: Final = _SQL["chosen_ids"].replace("/* chosen */", _SQL["chosen"])


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

    def target(self) -> dict[str, Any]:
        """As the record of actions has it: the jobs, or the filter that chose them."""
        if self.ids:
            return {"jobIds": [str(each) for each in self.ids]}
        named = {"errorGroup": self.group, "kind": self.kind}
        return {"filter": {"state": "failed"} | {name: value for name, value in named.items() if value}}

    @classmethod
    def from_json(cls, text: str) -> Self:
        kept = orjson.loads(text)
        ids = tuple(UUID(each) for each in kept.get("jobs", ()))
        return cls(kept["action"], ids, kept.get("group"), kept.get("kind"))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was asked for and shown. `outline`: counts by what would become of the jobs."""

    id: UUID
    choice: Choice
    cutoff: datetime
    outline: Mapping[str, int]
    used_at: datetime | None
    changed: int

    @property
    def sure(self) -> int:
        """Jobs that are changed in any case."""
        if self.choice.action == "cancel":
            return self.outline["waiting"] + self.outline["processing"]
        return self.outline["high"] + self.outline["normal"]

    @classmethod
    def from_row(cls, row: Row) -> Self:
        choice, outline = Choice.from_json(row["filter"]), orjson.loads(row["outline"])
        return cls(row["id"], choice, row["cutoff"], outline, row["used_at"], row["changed"])


async def propose(database: Database, operator: Operator, choice: Choice) -> UUID:
    """Freezes the set: what fails or changes from now on is not in it."""
    [now] = await database.fetch(_SQL["now"])
    if choice.action == "cancel":
        [outline] = await database.fetch(_SQL["outline_cancel"], choice.ids)
    else:
        [outline] = await database.fetch(_OUTLINE, *_which(choice, now["moment"]))
    confirmation_id = new_id()
    kept = (orjson.dumps(each).decode() for each in (choice.to_json(), dict(outline)))
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
    async with database.transaction() as session:
        if not await session.fetch(_SQL["use"], asked.id, operator.session):
            return False
        if asked.choice.action == "cancel":
            changed = await _cancel(session, asked.choice)
            kind = ActionKind.CANCEL
        else:
            changed = await _requeue(session, asked, unsure_too=unsure_too, per_second=per_second)
            kind = ActionKind.REQUEUE_MANY
        await session.execute(_SQL["note_jobs"], asked.id, changed)
        target = asked.choice.target()
        if kind is ActionKind.REQUEUE_MANY:
            target |= {"failedBefore": asked.cutoff.isoformat(), "perSecond": per_second}
        matched = asked.outline["matched"]
        by = By(operator.subject, reason)
        await actions.record(session, kind, by, target, matched=matched, changed=len(changed))
    dispatch.wake()
    log.info("jobs changed by hand", action=asked.choice.action, jobs=len(changed), operator=operator.subject)
    return True


async def progress(executor: Executor, asked: Confirmation) -> Mapping[State, int]:
    """Where the first thousand of the changed jobs are by now."""
    return {State(row["state"]): row["jobs"] for row in await executor.fetch(_SQL["progress"], asked.id)}


async def _requeue(session: Session, asked: Confirmation, *, unsure_too: bool, per_second: float) -> Sequence[UUID]:
    rows = await session.fetch(_IDS, *_which(asked.choice, asked.cutoff), unsure_too)
    return sorted(await job_store.requeue(session, [row["id"] for row in rows], over=len(rows) / per_second))


async def _cancel(session: Session, choice: Choice) -> Sequence[UUID]:
    moved = await job_store.cancel(session, choice.ids, reason="cancelled by an operator")
    return [job_id for job_id, _ in moved]


def _which(choice: Choice, cutoff: datetime) -> tuple[Any, ...]:
    return (list(choice.ids) or None, choice.group, choice.kind, cutoff)
