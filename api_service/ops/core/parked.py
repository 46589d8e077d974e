"""Says which mails wait for a mail server and in which order they go, and how fast they are let go (sql/parked.sql)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.selection import Exclusion, suppressed
from shared.database import Database, Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Priority

log = structlog.get_logger("api_service.ops")

MOST: Final = 1_000
"""Parked mails that are looked at: of more, the first due."""
SHOWN: Final = 20
FASTEST: Final = 10_000.0
_SQL: Final = statements("api_service.ops.core.sql", "parked.sql")


@dataclass(frozen=True, slots=True)
class ParkedMail:
    """`excluded`: why it would be skipped when it is released."""

    id: UUID
    kind: Kind
    queue: Priority
    appointment_id: UUID
    starts_at: datetime
    email: str | None
    parked_since: datetime
    excluded: Exclusion | None


@dataclass(frozen=True, slots=True)
class ReleasePace:
    """The largest number of parked mails a second that are let go, and whose word it is."""

    per_second: float
    set_by: str
    set_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ParkedOverview:
    """`mails`: the nearest visit first, which is the order in which they go; `is_all`: no others are parked; `answers`:
    a mail server takes mail, None where no notifier serves and says so."""

    mails: Sequence[ParkedMail]
    is_all: bool
    answers: bool | None
    pace: ReleasePace | None

    @property
    def going(self) -> int:
        """Mails that would be sent."""
        return sum(each.excluded is None for each in self.mails)

    @property
    def since(self) -> datetime | None:
        return min((each.parked_since for each in self.mails), default=None)

    @property
    def first(self) -> Sequence[ParkedMail]:
        return self.mails[:SHOWN]

    @property
    def by_queue(self) -> Mapping[Priority, int]:
        found = Counter(each.queue for each in self.mails)
        return {queue: found[queue] for queue in Priority}

    @property
    def skipped(self) -> Mapping[Exclusion, int]:
        """How many would be skipped, by why."""
        found = Counter(each.excluded for each in self.mails)
        return {why: found[why] for why in Exclusion if found[why]}


async def parked(executor: Executor) -> ParkedOverview:
    """Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["parked"], MOST + 1)
    refused = await suppressed(executor, {row["email"] for row in rows} - {None})
    standing = await job_store.parked_standing(executor)
    return ParkedOverview(
        [_mail(row, refused) for row in rows[:MOST]], len(rows) <= MOST, standing.answers, await _pace(executor)
    )


async def set_pace(database: Database, per_second: float | None, by: By) -> None:
    """Lets parked mails go at most so fast; None: as fast as notifiers take them."""
    async with database.transaction() as session:
        if per_second is None:
            changed = len(await session.fetch(_SQL["forget_pace"]))
        else:
            await session.execute(_SQL["set_pace"], per_second, by.operator, by.reason or "")
            changed = 1
        await actions.record(session, ActionKind.RELEASE_PACE, by, {"perSecond": per_second}, changed=changed)
    log.warning("pace of parked mails set", per_second=per_second, operator=by.operator)


async def _pace(executor: Executor) -> ReleasePace | None:
    row = await executor.fetchrow(_SQL["pace"])
    return None if row is None else mapped(ReleasePace, row)


def _mail(row: Any, refused: set[str]) -> ParkedMail:
    excluded = row["excluded"] or (Exclusion.SUPPRESSED if row["email"] in refused else None)
    return ParkedMail(
        id=row["id"],
        kind=Kind(row["kind"]),
        queue=Priority(row["priority"]),
        appointment_id=row["appointment_id"],
        starts_at=row["starts_at"],
        email=row["email"],
        parked_since=row["parked_since"],
        excluded=None if excluded is None else Exclusion(excluded),
    )
