"""Changes many jobs at once, in two steps: shows the effect, then changes exactly that set."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

import orjson

from api_service.ops.core import cancelling, requeueing, selection
from api_service.ops.core.actions import By
from api_service.ops.core.cancelling import CancelOutline
from api_service.ops.core.requeueing import RequeueOutline
from api_service.ops.core.searching import planned_anew
from api_service.ops.core.selection import Selection
from api_service.relay.dispatch import Dispatch
from shared.database import Database, Executor, Session
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.jobs.model import State

SAMPLE: Final = 5
"""Jobs whose mails a confirmation shows."""
CANCELLED_PER_SECOND: Final = 5_000.0
"""Somebody waits for the page; the batches of a cancelling leave the others room between them."""
_SQL: Final = statements("api_service.ops.core.sql", "confirmations.sql")


class Change(StrEnum):
    """A change of many jobs."""

    REQUEUE = "requeue"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Choice:
    """The jobs, and the change."""

    change: Change
    selection: Selection

    def to_json(self) -> bytes:
        return orjson.dumps({"action": self.change, **self.selection.target()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        kept = orjson.loads(text)
        return cls(Change(kept["action"]), Selection.from_target(kept))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A proposed change. `outline`: its effect on the jobs, as shown; `changed`: the number of changed jobs, after it
    was confirmed."""

    id: UUID
    choice: Choice
    cutoff: datetime
    outline: RequeueOutline | CancelOutline
    used_at: datetime | None
    changed: int

    @property
    def sure(self) -> int:
        """Jobs that are changed in any case."""
        outline = self.outline
        if isinstance(outline, CancelOutline):
            return outline.waiting + outline.processing + outline.failed
        return outline.high + outline.normal

    @property
    def unsure(self) -> int:
        """Jobs that are requeued only if the operator ticks it: their mail may have arrived."""
        return self.outline.unsure if isinstance(self.outline, RequeueOutline) else 0

    @classmethod
    def from_row(cls, row: Row) -> Self:
        choice, kept = Choice.from_json(row["filter"]), orjson.loads(row["outline"])
        outline = CancelOutline if choice.change is Change.CANCEL else RequeueOutline
        return cls(row["id"], choice, row["cutoff"], outline(**kept), row["used_at"], row["changed"])


async def propose(database: Database, choice: Choice, *, session: bytes) -> UUID:
    """Fixes the set for an operator's session: jobs that fail or change later are not in it."""
    now = await selection.now(database)
    outline: RequeueOutline | CancelOutline
    if choice.change is Change.CANCEL:
        outline = await _outline_of_cancelling(database, choice.selection, now)
    else:
        outline = await requeueing.outline(database, choice.selection, before=now)
    confirmation_id, shown = new_id(), orjson.dumps(asdict(outline), option=orjson.OPT_NON_STR_KEYS).decode()
    await database.execute(_SQL["propose"], confirmation_id, session, choice.to_json().decode(), now, shown)
    return confirmation_id


async def _outline_of_cancelling(database: Database, which: Selection, now: datetime) -> CancelOutline:
    if which.ids is not None:
        return await cancelling.outline(database, which.ids)
    return await cancelling.outline_of(database, which, before=now)


async def sample(database: Database, asked: Confirmation) -> Sequence[UUID]:
    """A few of the jobs that would be changed as things are."""
    sampled = requeueing.sample if asked.choice.change is Change.REQUEUE else cancelling.sample
    return await sampled(database, asked.choice.selection, before=asked.cutoff, limit=SAMPLE)


async def find(executor: Executor, confirmation_id: UUID, *, session: bytes) -> Confirmation | None:
    """The confirmation; None if it does not exist, or belongs to another session."""
    row = await executor.fetchrow(_SQL["find"], confirmation_id, session)
    return None if row is None else Confirmation.from_row(row)


async def carry_out(
    database: Database,
    dispatch: Dispatch,
    asked: Confirmation,
    by: By,
    *,
    session: bytes,
    unsure_too: bool,
    per_second: float,
) -> bool:
    """Carries out the confirmed change, once; False if it was carried out before.

    Requeued jobs are due spread over time, `per_second` of them; `unsure_too`: also those that may have arrived.
    """
    if asked.choice.change is Change.CANCEL and asked.choice.selection.ids is None:
        return await _cancel_matching(database, asked, by, session=session)
    async with planned_anew(database) as transaction:
        if not await transaction.fetch(_SQL["use"], asked.id, session):
            return False
        which = asked.choice.selection
        if asked.choice.change is Change.CANCEL:
            changed = await cancelling.many_in(transaction, which.ids or (), by, matched=asked.outline.matched)
        else:
            done = await requeueing.many_in(
                transaction, which, by, before=asked.cutoff, per_second=per_second, possibly_sent=unsure_too
            )
            changed = done.jobs
        await transaction.execute(_SQL["note_jobs"], asked.id, changed)
    dispatch.wake()
    return True


async def _cancel_matching(database: Database, asked: Confirmation, by: By, *, session: bytes) -> bool:
    """Each batch notes its jobs: the confirmation tells the truth even where the last batch was never reached."""
    if not await database.fetch(_SQL["use"], asked.id, session):
        return False

    async def note(transaction: Session, changed: Sequence[UUID]) -> None:
        await transaction.execute(_SQL["note_jobs"], asked.id, changed)

    which = asked.choice.selection
    await cancelling.many(database, which, by, before=asked.cutoff, per_second=CANCELLED_PER_SECOND, note=note)
    return True


async def progress(executor: Executor, asked: Confirmation) -> Mapping[State, int]:
    """The present states of the first thousand changed jobs."""
    return {State(row["state"]): row["jobs"] for row in await executor.fetch(_SQL["progress"], asked.id)}
