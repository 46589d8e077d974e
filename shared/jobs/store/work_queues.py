"""Remembers the work queues that processes have declared, so that those of an earlier SHARDS are emptied."""

from collections.abc import Iterable
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.work_queues import WorkQueue

_SQL: Final = statements("shared.jobs.sql", "work_queues.sql")


async def note_work_queues(executor: Executor, queues: Iterable[WorkQueue]) -> None:
    """Records queues that the caller declares and uses."""
    await executor.execute(_SQL["declared"], [queue.key for queue in queues])


async def known_work_queues(executor: Executor) -> list[WorkQueue]:
    """All queues that were declared, and that the broker may still have."""
    found = (WorkQueue.from_key(row["queue"]) for row in await executor.fetch(_SQL["known"]))
    return sorted(queue for queue in found if queue is not None)


async def forget_work_queue(executor: Executor, queue: WorkQueue) -> None:
    """Records that the broker has no such queue."""
    await executor.execute(_SQL["gone"], queue.key)
