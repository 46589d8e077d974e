"""Finds messages that the broker holds, has lost, or should no longer hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Ticket
from shared.jobs.store.rows import count_final
from shared.jobs.work_queues import WorkQueue

_SQL: Final = statements("shared.jobs.sql", "recovering.sql")


async def held_by_broker(executor: Executor, *, most: int) -> int:
    """The number of messages in the delayed exchange, counted up to `most`."""
    row = await executor.fetchrow(_SQL["held_by_broker"], most)
    return 0 if row is None else int(row[0])


async def take_back_held(executor: Executor, *, limit: int) -> int:
    """enqueued → scheduled for at most `limit` rows that were given to the delayed exchange and are not due."""
    return len(await executor.fetch(_SQL["take_back_held"], limit))


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`moved`: jobs that are scheduled again, by kind and state before. `last`: the id after which to go on."""

    moved: Counter[tuple[str, str]]
    last: UUID


async def reconcile(executor: Executor, *, after: UUID, limit: int) -> Reconciled:
    """enqueued, retrying → scheduled for at most `limit` rows after an id."""
    rows = await executor.fetch(_SQL["reconcile"], after, limit)
    return Reconciled(
        Counter((row["kind"], row["was"]) for row in rows), max((row["id"] for row in rows), default=after)
    )


async def settle_told(executor: Executor, job_ids: Sequence[UUID]) -> list[str]:
    """→ skipped for those of the jobs that have not ended, since they were told before the database was restored.
    Returns their kinds."""
    rows = await executor.fetch(_SQL["settle_told"], job_ids)
    count_final(rows)
    return [row["kind"] for row in rows]


async def missing(executor: Executor, job_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the ids that are no job's."""
    return [row["id"] for row in await executor.fetch(_SQL["missing"], job_ids)]


async def unfinished(executor: Executor) -> Counter[tuple[str, str]]:
    """The number of jobs that are enqueued, retrying or processing, by kind and state."""
    rows = await executor.fetch(_SQL["unfinished"])
    return Counter({(row["kind"], row["was"]): row["jobs"] for row in rows})


async def take_lost(
    executor: Executor,
    *,
    queue: WorkQueue,
    shards: int = 1,
    old_queues: Sequence[WorkQueue] = (),
    limit: int,
    grace: float,
    queue_empty: bool,
) -> list[tuple[Ticket, bool]]:
    """At most `limit` tickets that the broker must have lost, to be published again; and for each, whether it was given
    to the delayed exchange ahead of its time.

    `queue`: one of the queues that `shards` make. `old_queues`: those of another number of shards that are not empty; a
    message may be there as well. `grace`: seconds after its time until a message counts as lost; each republish of a
    row doubles it. `queue_empty`: the queue, and every old one, has been empty for the grace. No ticket is lost while
    its queue is paused, nor for the grace after it was resumed.
    """
    rows = await executor.fetch(
        _SQL["take_lost"],
        queue.key,
        limit,
        grace,
        queue_empty,
        queue.priority,
        shards,
        queue.shard,
        [each.key for each in old_queues],
    )
    return [(Ticket.from_row(row), row["was_ahead"]) for row in rows]


async def note_progress(executor: Executor, *, queue: WorkQueue, worker: str, published_at: datetime) -> None:
    """Records that `worker` has claimed a job that entered `queue` at `published_at`."""
    await executor.execute(_SQL["note_progress"], queue.key, worker, published_at)
