"""Pauses and resumes work queues. A pause is a row in the database, so that it outlives every process."""

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
    """The paused queues. Cheap, so ask as often as you like. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["in_force"])
    return {Priority(row["queue"]): Pause(row["reason"], row["paused_by"], row["paused_at"]) for row in rows}


async def pause(executor: Executor, queue: Priority, *, by: str, reason: str | None) -> bool:
    """Pauses a queue, in the caller's transaction; False if it was paused already."""
    return bool(await executor.fetch(_SQL["pause"], queue, reason, by))


async def resume(executor: Executor, queue: Priority) -> bool:
    """Resumes a queue, in the caller's transaction; False if it was not paused."""
    return bool(await executor.fetch(_SQL["resume"], queue))
