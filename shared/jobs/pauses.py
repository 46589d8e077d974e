"""Knows which work queues operators have paused: a row of the database, so that it outlives every process."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Priority

_SQL: Final = statements("shared.jobs.sql", "pauses.sql")


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str | None
    by: str
    since: datetime


async def in_force(executor: Executor) -> dict[Priority, Pause]:
    """The paused queues; cheap, so that everybody may ask often. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["in_force"])
    return {Priority(row["queue"]): Pause(row["reason"], row["paused_by"], row["paused_at"]) for row in rows}


async def pause(executor: Executor, queue: Priority, *, by: str, reason: str | None) -> bool:
    """Joins the caller's transaction; False where the queue was paused already."""
    return bool(await executor.fetch(_SQL["pause"], queue, reason, by))


async def resume(executor: Executor, queue: Priority) -> bool:
    """Joins the caller's transaction; False where the queue was not paused."""
    return bool(await executor.fetch(_SQL["resume"], queue))
