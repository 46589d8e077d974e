"""Deletes jobs that ended long ago, and are no longer needed as proof."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("shared.jobs.sql", "pruning.sql")
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Pruned:
    """`removed` jobs are gone; `after`: the place from which the walk goes on, None at its end."""

    removed: int
    after: tuple[datetime, UUID] | None


async def prune(
    executor: Executor, *, finished: float, failed: float, limit: int, after: tuple[datetime, UUID] | None = None
) -> Pruned:
    """Looks at `limit` jobs from a place on, and deletes those that ended more than `finished` (`failed`) seconds ago
    and whose appointment's end is past for as long."""
    rows = await executor.fetch(_SQL["prune"], finished, failed, limit, *(after or _FIRST))
    if not rows:
        return Pruned(0, None)
    [row] = rows
    place = (row["finished_at"], row["id"]) if row["looked_at"] == limit else None
    return Pruned(row["removed"], place)
