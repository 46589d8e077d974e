"""Pauses and resumes work queues. A pause is a row in the database, so that it outlives every process."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue

_SQL: Final = statements("shared.jobs.sql", "pauses.sql")


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str | None
    by: str
    since: datetime


async def in_force(executor: Executor) -> dict[Priority, Pause]:
    """The paused priorities: all their queues. Cheap, so ask as often as you like. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["in_force"])
    return {Priority(row["queue"]): Pause(row["reason"], row["paused_by"], row["paused_at"]) for row in rows}


async def shards_in_force(executor: Executor) -> dict[WorkQueue, Pause]:
    """The shards that are paused by themselves. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["shards_in_force"])
    return {
        queue: Pause(row["reason"], row["paused_by"], row["paused_at"])
        for row in rows
        if (queue := WorkQueue.from_key(row["queue"])) is not None
    }


async def pause(executor: Executor, queue: WorkQueue, *, by: str, reason: str | None) -> bool:
    """Pauses a shard, or (shard 0) all queues of a priority, in the caller's transaction; False if it was paused
    already."""
    return bool(await executor.fetch(_SQL["pause_shard" if queue.shard else "pause"], queue.key, reason, by))


async def resume(executor: Executor, queue: WorkQueue) -> bool:
    """Ends that pause, in the caller's transaction; False if there was none."""
    return bool(await executor.fetch(_SQL["resume_shard" if queue.shard else "resume"], queue.key))
