"""Reads failed jobs by cause or kind, and keeps the notes that people write about causes (sql/causes.sql)."""

from collections import Counter, defaultdict
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
COUNTED: Final = 5_000
"""Failed jobs that are looked at."""
LEAST: Final = 25
"""Failed jobs of each cause that are looked at, however many causes there are."""
MOST: Final = 200
"""Causes that are looked at: of more, the first by name."""
_SQL: Final = statements("api_service.ops.core.sql", "causes.sql")


@dataclass(slots=True)
class Group:
    """Failed jobs that have their cause, or their kind, in common; `hours`: how many failed in each of the last
    24 hours. `has_more`: only the newest ones were counted."""

    key: str
    jobs: int = 0
    has_more: bool = False
    first: datetime | None = None
    last: datetime | None = None
    within: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    hours: list[int] = field(default_factory=lambda: [0] * HOURS)

    def add(self, row: Row, other: str, *, has_more: bool) -> None:
        self.jobs += row["jobs"]
        self.has_more |= has_more
        self.within[other] += row["jobs"]
        self.first = min(filter(None, (self.first, row["earliest"] if has_more else row["first"])), default=None)
        self.last = max(filter(None, (self.last, row["last"])), default=None)
        if row["hour"] is not None and row["hour"] < HOURS:
            self.hours[row["hour"]] += row["jobs"]


@dataclass(frozen=True, slots=True)
class Note:
    note: str
    written_by: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class FailedGroups:
    """Failed jobs, the largest group first. `within` of a group has a cause's kinds, or a kind's causes."""

    by_cause: Sequence[Group]
    by_kind: Sequence[Group]


async def groups(executor: Executor, *, now: datetime) -> FailedGroups:
    """At most COUNTED jobs are looked at: of each cause an equal share, the newest ones."""
    causes = [row["error_group"] for row in await executor.fetch(_SQL["causes"], MOST)]
    share = max(COUNTED // max(len(causes), 1), LEAST)
    rows = await executor.fetch(_SQL["groups"], causes, share, now - timedelta(hours=HOURS))
    return FailedGroups(
        _grouped(rows, "error_group", "kind", share=share), _grouped(rows, "kind", "error_group", share=share)
    )


def _grouped(rows: Sequence[Row], key: str, other: str, *, share: int) -> Sequence[Group]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted[row["error_group"]] += row["jobs"]
    found: dict[str, Group] = {}
    for row in rows:
        has_more = counted[row["error_group"]] >= share
        found.setdefault(row[key], Group(row[key])).add(row, row[other], has_more=has_more)
    return sorted(found.values(), key=lambda group: (-group.jobs, -sum(group.hours), group.key))


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
