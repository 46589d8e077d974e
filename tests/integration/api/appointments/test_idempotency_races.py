"""A duplicate that comes while the first is under way, in whatever order they get on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from api_service.appointments import store
from api_service.appointments.schemas import BookingRequest
from api_service.appointments.store import BookingOutcome, PlannedBooking, PlannedJob
from api_service.web.idempotency import once
from shared.database import Database, Duplicate
from shared.ids import new_id
from shared.jobs.model import Kind
from tests.support.client import Client, a_wish
from tests.support.waiting import eventually

PATH = "/api/client/appointments"
KEY = {"Idempotency-Key": "one"}


class Gone(Exception):
    """The first one's process ends before it has committed."""


def the_wish(body: dict[str, Any], key: str | None = "one", client_id: str = "client-1") -> PlannedBooking:
    """What another process makes of that body."""
    request = BookingRequest.model_validate_json(orjson.dumps(body))
    found = once(key, request)
    starts_at = datetime.combine(request.appointment_date, request.appointment_time, UTC) - timedelta(hours=1)
    return PlannedBooking(
        id=new_id(),
        client_id=client_id,
        client_email="client-1@patients.example",
        client_name=None,
        doctor_id="1",
        doctor_version=1,
        local_date=request.appointment_date,
        local_time=request.appointment_time,
        timezone="Europe/Berlin",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        reason=request.reason,
        request_id="first",
        traceparent="",
        idempotency_key=None if found is None else found.key,
        fingerprint=None if found is None else found.fingerprint,
        jobs=(PlannedJob(new_id(), Kind.CREATED), PlannedJob(new_id(), Kind.REMINDER, 3600.0)),
    )


async def waits_for_a_lock(database: Database) -> bool:
    return bool(
        await database.fetch(
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
    )


async def booked(database: Database) -> list[str]:
    return [str(row["id"]) for row in await database.fetch("SELECT id FROM appointments")]


async def test_a_duplicate_waits_for_the_first_and_has_its_answer(
    api_url: str, client: Client, database: Database
) -> None:
    body = a_wish(datetime(2100, 1, 4, 9, tzinfo=UTC))
    first = the_wish(body)
    async with database.transaction() as session:
        assert [each.outcome for each in await store.book(session, [first])] == [BookingOutcome.BOOKED]
        duplicate = asyncio.create_task(client("POST", PATH, body, headers=KEY))
        await eventually(lambda: waits_for_a_lock(database))
        assert not duplicate.done()

    answer = await duplicate
    assert (answer.status, answer.body["id"]) == (200, str(first.id))
    assert [job["id"] for job in answer.body["jobs"]] == [str(job.id) for job in first.jobs]
    assert await booked(database) == [str(first.id)]


async def test_a_duplicate_of_one_that_was_lost_books(api_url: str, client: Client, database: Database) -> None:
    body = a_wish(datetime(2100, 1, 4, 9, tzinfo=UTC))
    first = the_wish(body)
    with pytest.raises(Gone):
        async with database.transaction() as session:
            await store.book(session, [first])
            duplicate = asyncio.create_task(client("POST", PATH, body, headers=KEY))
            await eventually(lambda: waits_for_a_lock(database))
            raise Gone

    answer = await duplicate
    assert answer.status == 200
    assert await booked(database) == [answer.body["id"]] != [str(first.id)]


async def test_another_body_waits_too_and_books_nothing(api_url: str, client: Client, database: Database) -> None:
    first = the_wish(a_wish(datetime(2100, 1, 4, 9, tzinfo=UTC)))
    async with database.transaction() as session:
        await store.book(session, [first])
        other = asyncio.create_task(client("POST", PATH, a_wish(), headers=KEY))
        await eventually(lambda: waits_for_a_lock(database))

    assert (await other).status == 422
    assert await booked(database) == [str(first.id)]


async def test_a_key_that_comes_twice_in_one_batch_takes_the_batch_back(api_url: str, database: Database) -> None:
    wishes = [the_wish(a_wish(datetime(2100, 1, 4, hour, tzinfo=UTC))) for hour in (9, 10)]
    with pytest.raises(Duplicate):
        await store.book(database, wishes)
    assert await booked(database) == []
    outcomes = [(await store.book(database, [wish]))[0].outcome for wish in wishes]
    assert outcomes == [BookingOutcome.BOOKED, BookingOutcome.ANSWERED]


async def test_the_same_body_twice_in_one_batch_books_once(api_url: str, database: Database) -> None:
    body = a_wish(datetime(2100, 1, 4, 9, tzinfo=UTC))
    outcomes = [each.outcome for each in await store.book(database, [the_wish(body), the_wish(body)])]
    assert sorted(outcomes) == [BookingOutcome.BOOKED, BookingOutcome.TAKEN]
