"""A booking while somebody changes or deletes the doctor or the client that it refers to."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.database import Database, Session
from tests.support.client import Answer, Client, a_wish
from tests.support.rows import a_client
from tests.support.waiting import eventually

PATH = "/api/client/appointments"


async def waits_for_a_lock(database: Database) -> bool:
    return bool(
        await database.fetch(
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
    )


async def booked_during(client: Client, database: Database, change: Callable[[Session], Awaitable[object]]) -> Answer:
    """The answer to a booking that has waited for the change to be committed."""
    async with asyncio.timeout(60):
        async with database.transaction() as session:
            await change(session)
            booking = asyncio.create_task(client("POST", PATH, a_wish()))
            await eventually(lambda: waits_for_a_lock(database))
        return await booking


async def test_a_doctor_who_is_deleted_while_a_booking_is_committed_is_unknown(
    client: Client, database: Database
) -> None:
    answer = await booked_during(client, database, lambda session: session.execute("DELETE FROM doctors"))
    assert (answer.status, [error["pointer"] for error in answer.body["errors"]]) == (404, ["/doctorId"])
    assert not await database.fetch("SELECT FROM appointments")


async def test_a_client_who_is_deleted_while_a_booking_is_committed_is_made_known_again(
    client: Client, database: Database
) -> None:
    await a_client(database, "client-1", "client-1@patients.example")
    answer = await booked_during(client, database, lambda session: session.execute("DELETE FROM clients"))
    assert answer.status == 200
    assert len(await database.fetch("SELECT FROM clients WHERE id = 'client-1'")) == 1


@pytest.mark.parametrize("column", ["specialty", "location"])
async def test_a_change_of_a_doctor_that_is_not_committed_yet_holds_up_no_booking(
    client: Client, database: Database, column: str
) -> None:
    async with asyncio.timeout(60), database.transaction() as session:
        await session.execute(f"UPDATE doctors SET {column} = 'other', version = version + 1")  # noqa: S608
        answer = await client("POST", PATH, a_wish())
        assert answer.status == 200
