"""Lost messages with several work queues for each priority, and the list of queues that were declared."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs import pauses as queue_pauses
from shared.jobs import store as job_store
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue, queue_of, shard_of, work_queues
from tests.support.factories import a_job

LONG_AGO = timedelta(minutes=10)
OLD = WorkQueue(Priority.HIGH)


async def take_lost(
    database: Database, queue: WorkQueue, *, shards: int, empty: bool = False, old: tuple[WorkQueue, ...] = ()
) -> list[UUID]:
    lost = await job_store.take_lost(
        database, queue=queue, shards=shards, old_queues=old, limit=100, grace=60, queue_empty=empty
    )
    return [ticket.job_id for ticket, _ in lost]


async def reached(database: Database, queue: WorkQueue) -> None:
    await job_store.note_progress(database, queue=queue, worker="w", published_at=datetime.now(UTC))


async def published_long_ago(database: Database, jobs: int) -> dict[UUID, UUID]:
    """The appointment of each job, by the job's id."""
    moment = datetime.now(UTC) - LONG_AGO
    made = [await a_job(database, state="enqueued", published_at=moment, due_at=moment) for _ in range(jobs)]
    return {ticket.job_id: ticket.appointment_id for ticket in made}


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 64])
async def test_each_lost_job_is_found_in_the_shard_that_publishers_compute(database: Database, shards: int) -> None:
    jobs = await published_long_ago(database, 30)

    for queue in work_queues(shards):
        if queue.priority is Priority.HIGH:
            expected = {job for job, appointment in jobs.items() if shard_of(appointment, shards) == queue.shard}
            assert set(await take_lost(database, queue, shards=shards, empty=True)) == expected


async def test_a_message_that_may_wait_in_an_old_queue_is_not_lost(database: Database) -> None:
    moment = datetime.now(UTC) - LONG_AGO
    ticket = await a_job(database, state="enqueued", published_at=moment, due_at=moment)
    queue = queue_of(ticket, 4)
    await reached(database, queue)

    assert await take_lost(database, queue, shards=4, old=(OLD,)) == []

    await reached(database, OLD)
    assert await take_lost(database, queue, shards=4, old=(OLD,)) == [ticket.job_id]


async def test_nothing_of_a_paused_shard_is_lost(database: Database) -> None:
    moment = datetime.now(UTC) - LONG_AGO
    ticket = await a_job(database, state="enqueued", published_at=moment, due_at=moment)
    queue = queue_of(ticket, 4)
    other = WorkQueue(queue.priority, queue.shard % 4 + 1)

    assert await queue_pauses.pause(database, queue, by="operator", reason=None)
    assert not await queue_pauses.pause(database, queue, by="operator", reason=None)
    assert await take_lost(database, queue, shards=4, empty=True) == []

    assert await queue_pauses.resume(database, queue)
    assert await take_lost(database, queue, shards=4, empty=True) == []  # within the grace
    await database.execute("DELETE FROM shard_pauses")
    await queue_pauses.pause(database, other, by="operator", reason=None)
    assert await take_lost(database, queue, shards=4, empty=True) == [ticket.job_id]


async def test_declared_queues_are_known_until_they_are_gone(database: Database) -> None:
    assert await job_store.known_work_queues(database) == list(work_queues(1))

    await job_store.note_work_queues(database, work_queues(2))
    await job_store.note_work_queues(database, work_queues(2))
    assert await job_store.known_work_queues(database) == sorted([*work_queues(1), *work_queues(2)])

    await job_store.forget_work_queue(database, OLD)
    assert OLD not in await job_store.known_work_queues(database)
