"""The mark of what the broker has confirmed: only for what nobody claims soon."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from api_service.relay.marking import Marking
from shared.database import Database
from shared.jobs import store as job_store
from tests.support.factories import a_claim_request, a_job, the_state
from tests.support.waiting import eventually, waits


@pytest.fixture
async def marking(database: Database) -> AsyncIterator[Marking]:
    made = Marking(database)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def test_a_job_that_is_claimed_soon_is_written_once_by_its_claim(database: Database, marking: Marking) -> None:
    quick, slow = await a_job(database), await a_job(database)
    marking.confirmed([quick, slow])
    await job_store.claim(database, [a_claim_request(quick)], owner="worker", lease=30)

    await eventually(lambda: _is(database, slow.job_id, "enqueued"))
    assert await the_state(database, quick.job_id) == "processing"


async def test_a_later_mark_does_not_hold_up_one_that_is_due_at_once(database: Database, marking: Marking) -> None:
    later, held = await a_job(database), await a_job(database)
    marking.confirmed([later], after=600)
    marking.confirmed([held], after=0.0)

    await eventually(lambda: _is(database, held.job_id, "enqueued"))
    assert await the_state(database, later.job_id) == "scheduled"


async def test_what_is_confirmed_when_it_stops_is_marked(database: Database) -> None:
    made, ticket = Marking(database), await a_job(database)
    task = asyncio.create_task(made.run())
    await eventually(lambda: waits(task))
    made.confirmed([ticket], after=600)
    task.cancel()
    await asyncio.wait([task])
    assert await the_state(database, ticket.job_id) == "enqueued"


async def _is(database: Database, job_id: UUID, state: str) -> bool:
    return await the_state(database, job_id) == state
