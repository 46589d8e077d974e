"""Reads failed jobs by cause or kind, and keeps the notes that people write about causes (sql/causes.sql)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from shared.database import Database, Executor
from shared.database.rows import Row
from shared.database.sql_file import statements

HOURS: Final = 24
_SQL: Final = statements("api_service.ops.core.sql", "causes.sql")


@dataclass(slots=True)
class Group:
    """Failed jobs that have their cause, or their kind, in common; `hours`: how many failed in each of the last
    24 hours."""

    key: str
    jobs: int = 0
    first: datetime | None = None
    last: datetime | None = None
    within: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    hours: list[int] = field(default_factory=lambda: [0] * HOURS)

    def add(self, row: Row, other: str) -> None:
        self.jobs += row["jobs"]
        self.within[other] += row["jobs"]
        self.first = min(filter(None, (self.first, row["first"])), default=None)
        self.last = max(filter(None, (self.last, row["last"])), default=None)


@dataclass(frozen=True, slots=True)
class Note:
    note: str
    written_by: str
    written_at: datetime


async def groups(executor: Executor, *, by_kind: bool = False) -> Sequence[Group]:
    """The largest first, without their hours. `within` has a cause's kinds, or a kind's causes."""
    key, other = ("kind", "error_group") if by_kind else ("error_group", "kind")
    found: dict[str, Group] = {}
    for row in await executor.fetch(_SQL["groups"]):
        found.setdefault(row[key], Group(row[key])).add(row, row[other])
    return sorted(found.values(), key=lambda group: (-group.jobs, group.key))


async def groups_and_hours(executor: Executor, *, by_kind: bool, now: datetime) -> Sequence[Group]:
    """The same with how many failed in each of the last 24 hours."""
    found = await groups(executor, by_kind=by_kind)
    by_key = {group.key: group for group in found}
    for row in await executor.fetch(_SQL["hours"], now - timedelta(hours=HOURS)):
        group = by_key.get(row["kind" if by_kind else "error_group"])
        if group is not None and 0 <= row["hour"] < HOURS:
            group.hours[row["hour"]] += row["jobs"]
    return found


async def notes(executor: Executor) -> Mapping[str, Note]:
    """By cause."""
    rows = await executor.fetch(_SQL["notes"])
    return {row["error_group"]: Note(row["note"], row["written_by"], row["written_at"]) for row in rows}


async def write_note(database: Database, group: str, text: str | None, *, operator: str) -> None:
    """Stores an operator's note about a cause, and records the action; None removes the note."""
    async with database.transaction() as session:
        if text:
            await session.execute(_SQL["put_note"], group, text, operator)
        else:
            await session.execute(_SQL["remove_note"], group)
        await actions.record(session, ActionKind.NOTE, By(operator, text), {"group": group})


async def last_failed(executor: Executor) -> datetime | None:
    """The hour in which a job last failed."""
    row = await executor.fetchrow(_SQL["last_failed"])
    return None if row is None else row["moment"]
