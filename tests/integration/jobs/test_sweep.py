"""What a relay takes from the table: due rows once, and what the broker has lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.database import Database
from shared.ids import new_id, traceparent_of
from shared.jobs import pauses as queue_pauses
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Priority, Ticket
from shared.jobs.store import NewJob
from shared.jobs.work_queues import WorkQueue
from tests.support.factories import a_job, an_appointment, the_row, the_state

HIGH = WorkQueue(Priority.HIGH)
LONG_AGO = timedelta(minutes=10)
LEASE = 600.0
"""Seconds; no test takes so long."""


async def take_due(database: Database, limit: int = 100) -> list[Ticket]:
    return await job_store.take_due(database, limit=limit, lease=LEASE)


async def take_lost(database: Database, *, grace: float = 60, queue_empty: bool = False) -> list[Ticket]:
    lost = await job_store.take_lost(database, queue=HIGH, limit=100, grace=grace, queue_empty=queue_empty)
    return [ticket for ticket, _ in lost]


async def an_enqueued_job(database: Database, *, published: timedelta) -> Ticket:
    moment = datetime.now(UTC) - published
    return await a_job(database, state="enqueued", published_at=moment, due_at=moment)


async def test_a_fresh_job_is_left_to_its_own_process_for_five_seconds(database: Database) -> None:
    ticket = await a_job(database)
    row = await the_row(database, ticket.job_id)
    assert row["publish_after"] - row["created_at"] == timedelta(seconds=5)

    in_time = timedelta(minutes=5)  # as if it were just made, however long the test has taken so far
    await database.execute("UPDATE jobs SET publish_after = now() + $1::interval", in_time)
    assert await take_due(database) == []
    delay = await job_store.seconds_until_due(database)
    assert delay is not None
    assert 0 < delay <= in_time.total_seconds()


async def test_due_rows_are_taken_in_order_once(database: Database) -> None:
    now = datetime.now(UTC)
    late = await a_job(database, publish_after=now - timedelta(seconds=2))
    later = await a_job(database, publish_after=now - timedelta(seconds=1))
    await a_job(database, Kind.REMINDER, due_in=timedelta(hours=1))

    assert {t.job_id for t in await take_due(database)} == {late.job_id, later.job_id}
    assert await take_due(database) == []


@pytest.mark.parametrize("own_trace", [True, False], ids=["named by its request", "the caller's"])
async def test_a_trace_continues_from_the_row(database: Database, own_trace: bool) -> None:
    request_id = new_id().hex
    traceparent = traceparent_of(request_id) if own_trace else f"00-{'ab' * 16}-{'cd' * 8}-01"
    [(ticket, _)] = await job_store.create(
        database,
        [NewJob(new_id(), Kind.CREATED, None)],
        appointment_id=await an_appointment(database),
        client_id="c",
        request_id=request_id,
        traceparent=traceparent,
        head_start=0,
    )
    [taken] = await take_due(database)
    assert ticket.traceparent == taken.traceparent == traceparent
    assert (await the_row(database, ticket.job_id))["traceparent"] == (None if own_trace else traceparent)


async def test_relays_that_sweep_together_share_the_rows(database: Database) -> None:
    now = datetime.now(UTC)
    jobs = {(await a_job(database, publish_after=now)).job_id for _ in range(30)}

    taken = [t.job_id for batch in await asyncio.gather(*(take_due(database, 10) for _ in range(3))) for t in batch]
    taken += [t.job_id for t in await take_due(database, 30)]

    assert sorted(taken) == sorted(jobs)


async def test_only_what_is_still_scheduled_is_marked_enqueued(database: Database) -> None:
    fresh = await a_job(database)
    claimed = await a_job(database, state="processing", attempt=1)

    assert await job_store.mark_enqueued(database, [fresh, claimed]) == 1
    assert await the_state(database, fresh.job_id) == "enqueued"
    assert await the_state(database, claimed.job_id) == "processing"


async def test_a_backlog_is_not_a_loss(database: Database) -> None:
    await an_enqueued_job(database, published=LONG_AGO)

    assert await take_lost(database) == []


async def test_what_was_overtaken_is_lost(database: Database) -> None:
    lost = await an_enqueued_job(database, published=LONG_AGO)
    waiting = await an_enqueued_job(database, published=timedelta(minutes=5))
    reached = datetime.now(UTC) - timedelta(minutes=6)
    await job_store.note_progress(database, queue=HIGH, worker="w", published_at=reached)

    assert [t.job_id for t in await take_lost(database)] == [lost.job_id]
    assert (await the_row(database, waiting.job_id))["republished"] == 0


async def test_what_an_empty_queue_should_hold_is_lost(database: Database) -> None:
    lost = await an_enqueued_job(database, published=LONG_AGO)
    await an_enqueued_job(database, published=timedelta(seconds=5))

    assert [t.job_id for t in await take_lost(database, queue_empty=True)] == [lost.job_id]


async def test_what_waits_behind_a_pause_is_not_lost_nor_at_once_after_it(database: Database) -> None:
    lost = await an_enqueued_job(database, published=LONG_AGO)
    await job_store.note_progress(database, queue=HIGH, worker="w", published_at=datetime.now(UTC))
    await queue_pauses.pause(database, HIGH, by="operator", reason=None)
    assert await take_lost(database, queue_empty=True) == []

    await queue_pauses.resume(database, HIGH)
    assert await take_lost(database, queue_empty=True) == []

    await database.execute("UPDATE queue_pauses SET resumed_at = now() - interval '61 s'")
    assert [t.job_id for t in await take_lost(database)] == [lost.job_id]


async def test_a_pause_of_one_queue_does_not_hide_what_the_other_has_lost(database: Database) -> None:
    lost = await an_enqueued_job(database, published=LONG_AGO)
    await queue_pauses.pause(database, WorkQueue(Priority.NORMAL), by="operator", reason=None)

    assert [t.job_id for t in await take_lost(database, queue_empty=True)] == [lost.job_id]


async def test_each_republish_doubles_the_grace_and_keeps_the_attempt(database: Database) -> None:
    job = await an_enqueued_job(database, published=LONG_AGO)
    assert len(await take_lost(database, queue_empty=True)) == 1

    row = await the_row(database, job.job_id)
    assert (row["republished"], row["attempt"]) == (1, 0)
    ago = datetime.now(UTC) - timedelta(seconds=90)
    await database.execute("UPDATE jobs SET published_at = $1, due_at = $1", ago)
    assert await take_lost(database, queue_empty=True) == []
    ago = datetime.now(UTC) - timedelta(seconds=121)
    await database.execute("UPDATE jobs SET published_at = $1, due_at = $1", ago)
    assert len(await take_lost(database, queue_empty=True)) == 1


async def test_a_reminder_held_back_until_its_time_is_not_lost(database: Database) -> None:
    now = datetime.now(UTC)
    await a_job(database, state="enqueued", published_at=now - LONG_AGO, due_at=now + timedelta(minutes=1))

    assert await take_lost(database, queue_empty=True) == []
