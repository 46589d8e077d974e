"""Reads the list of messages that nobody could read, and marks one as dealt with (../sql/dead_letters.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api_service.ops.dashboard.listing import LAST_ID, NEVER, Cursor
from shared.database import Executor
from shared.database.sql_file import statements

SIZE: Final = 50
_SQL: Final = statements("api_service.ops.dashboard.sql", "dead_letters.sql")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter in a list; `size` in bytes."""

    id: UUID
    received_at: datetime
    queue: str | None
    reason: str
    detail: str
    message_id: str | None
    size: int
    discarded_at: datetime | None
    discarded_by: str | None


async def page(
    executor: Executor, *, since: datetime, reason: str | None, discarded: bool, cursor: Cursor | None
) -> tuple[Sequence[Letter], Cursor | None]:
    """A page, and where the next one begins."""
    begin = (cursor.moment, cursor.id) if cursor else (NEVER, LAST_ID)
    found = await executor.fetch(_SQL["list"], *begin, since, reason, SIZE + 1, discarded)
    letters = [Letter(*row) for row in found[:SIZE]]
    last = letters[-1] if len(found) > SIZE else None
    return letters, None if last is None else Cursor(last.received_at, last.id)


async def discarded(executor: Executor, letter_id: UUID) -> tuple[datetime, str] | None:
    """When and by whom it was dealt with; None while it is open."""
    row = await executor.fetchrow(_SQL["discarded"], letter_id)
    return None if row is None or row["discarded_at"] is None else (row["discarded_at"], row["discarded_by"])


async def discard(executor: Executor, letter_id: UUID, *, operator: str) -> bool:
    """Joins the caller's transaction; False where it was dealt with already, or is not there."""
    return bool(await executor.fetch(_SQL["discard"], letter_id, operator))
