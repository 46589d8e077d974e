"""What PATCH does to an appointment and to what is planned for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.database import Database
from tests.support.client import Client, a_wish

PATH = "/api/client/appointments"


async def states(database: Database, appointment: dict[str, Any]) -> list[tuple[str, str]]:
    rows = await database.fetch(
        "SELECT kind, state FROM jobs WHERE appointment_id = $1 ORDER BY created_at, id", appointment["id"]
    )
    return [(row["kind"].removeprefix("appointment_"), row["state"]) for row in rows]


def another_time() -> dict[str, Any]:
    wish = a_wish()
    return {name: wish[name] for name in ("appointmentDate", "appointmentTime")}


async def test_a_move_has_one_email_and_a_new_reminder(client: Client, database: Database) -> None:
    appointment = await client.book()

    answer = await client("PATCH", f"{PATH}/{appointment['id']}", another_time())

    assert answer.status == 200
    assert answer.body["startsAt"] != appointment["startsAt"]
    assert await states(database, appointment) == [
        ("created_email", "cancelled"),
        ("reminder", "cancelled"),
        ("rescheduled_email", "scheduled"),
        ("reminder", "scheduled"),
    ]
    [reminder] = [job for job in answer.body["jobs"] if job["state"] == "scheduled" and "reminder" in job["kind"]]
    starts = datetime.fromisoformat(answer.body["startsAt"])
    assert datetime.fromisoformat(reminder["dueAt"]) == starts - timedelta(hours=1)


async def test_a_new_reason_changes_no_job(client: Client, database: Database) -> None:
    appointment = await client.book()
    path = f"{PATH}/{appointment['id']}"
    assert (await client("PATCH", path, {"reason": "Other"})).body["reason"] == "Other"
    assert (await client("PATCH", path, {"reason": None})).body["reason"] is None
    assert await states(database, appointment) == [("created_email", "scheduled"), ("reminder", "scheduled")]


async def test_moving_to_where_it_is_changes_nothing(client: Client, database: Database) -> None:
    appointment = await client.book()
    same = {name: appointment[name] for name in ("appointmentDate", "appointmentTime")}
    answer = await client("PATCH", f"{PATH}/{appointment['id']}", same)
    assert (answer.status, answer.body["updatedAt"]) == (200, appointment["updatedAt"])
    assert len(await states(database, appointment)) == 2


async def test_two_devices_do_not_overwrite_each_other(client: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    seen = {"If-Match": (await client("GET", path)).headers["ETag"]}
    assert (await client("PATCH", path, {"reason": "first"}, headers=seen)).status == 200
    assert (await client("PATCH", path, {"reason": "second"}, headers=seen)).status == 412
    assert (await client("GET", path)).body["reason"] == "first"


async def test_a_taken_time_is_refused_and_everything_stays(
    client: Client, stranger: Client, database: Database
) -> None:
    taken, appointment = await stranger.book(), await client.book()
    wish = {name: taken[name] for name in ("appointmentDate", "appointmentTime")}
    assert (await client("PATCH", f"{PATH}/{appointment['id']}", wish)).status == 409
    assert (await client("GET", f"{PATH}/{appointment['id']}")).body == appointment
    assert (await stranger("PATCH", f"{PATH}/{appointment['id']}", another_time())).status == 404


async def test_a_cancelled_appointment_does_not_move(client: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    await client("DELETE", path)
    assert (await client("PATCH", path, another_time())).status == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"appointmentDate": "2020-01-01"}, "/appointmentDate"),
        ({"appointmentTime": "25:00"}, "/appointmentTime"),
        ({"reason": 5}, "/reason"),
    ],
)
async def test_a_malformed_change_is_named(client: Client, body: dict[str, Any], pointer: str) -> None:
    answer = await client("PATCH", f"{PATH}/{(await client.book())['id']}", body)
    assert answer.status == 422
    assert pointer in [error["pointer"] for error in answer.body["errors"]]
