"""What the staff sees: the agenda by doctor and day, any appointment, and its history."""

from typing import Any

import pytest

from shared.database import Database
from shared.ids import new_id
from tests.support.client import Client, a_wish
from tests.support.rows import a_doctor

PATH = "/api/staff/appointments"


async def starts(desk: Client, **query: str) -> list[str]:
    answer = await desk("GET", PATH, query=query)
    assert answer.status == 200, answer.body
    return [each["startsAt"] for each in answer.body["items"]]


def a_time() -> dict[str, Any]:
    wish = a_wish()
    return {name: wish[name] for name in ("appointmentDate", "appointmentTime")}


async def test_the_agenda_has_the_appointments_of_all_clients_by_their_start(
    client: Client, stranger: Client, desk: Client
) -> None:
    first, second = await client.book(), await stranger.book()

    [one, two] = (await desk("GET", PATH)).body["items"]

    assert [one["id"], two["id"]] == [first["id"], second["id"]]
    assert one["client"] == {
        "id": "client-1",
        "name": "Alex",
        "email": "client-1@patients.example",
        "phone": None,
        "locale": "en",
        "timezone": None,
    }
    assert (one["reason"], one["attended"]) == ("Regular checkup", None)


async def test_the_agenda_is_filtered_by_doctor_day_client_and_state(
    client: Client, stranger: Client, desk: Client, database: Database
) -> None:
    await a_doctor(database, "2")
    mine, theirs, other = await client.book(), await stranger.book(), await client.book(doctorId="2")
    await client("DELETE", f"/api/client/appointments/{mine['id']}")

    assert await starts(desk, doctorId="2") == [other["startsAt"]]
    assert await starts(desk, clientId="client-2") == [theirs["startsAt"]]
    assert await starts(desk, clientId="client-1", status="cancelled") == [mine["startsAt"]]
    assert theirs["startsAt"] in await starts(desk, date=theirs["appointmentDate"], doctorId="1")
    assert await starts(desk, date="2099-01-01") == []
    assert await starts(desk, **{"from": theirs["startsAt"], "to": other["startsAt"]}) == [theirs["startsAt"]]
    assert await starts(desk, attended="false") == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_the_calendar_are_days_without_appointments(desk: Client, day: str) -> None:
    assert await starts(desk, date=day) == []


async def test_pages_of_the_agenda_leave_nothing_out(client: Client, desk: Client) -> None:
    booked = [(await client.book())["id"] for _ in range(5)]
    for extra in ({}, {"clientId": "client-1"}):
        seen, cursor = [], None
        while True:
            query = {"limit": "2", **extra, **({"cursor": cursor} if cursor else {})}
            page = (await desk("GET", PATH, query=query)).body
            seen += [each["id"] for each in page["items"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert seen == booked


async def test_operators_see_no_reasons(client: Client, reader: Client, operator: Client) -> None:
    booked = await client.book()
    for one in (reader, operator):
        assert [each["reason"] for each in (await one("GET", PATH)).body["items"]] == [None]
        assert (await one("GET", f"{PATH}/{booked['id']}")).body["reason"] is None


async def test_one_appointment_has_a_tag_that_says_whether_it_changed(client: Client, desk: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    tag = (await desk("GET", path)).headers["ETag"]
    assert (await desk("GET", path, headers={"If-None-Match": tag})).status == 304
    for missing in (new_id(), "no-uuid"):
        assert (await desk("GET", f"{PATH}/{missing}")).status == 404
        assert (await desk("GET", f"{PATH}/{missing}/history")).status == 404


async def test_the_history_tells_a_clients_own_acts(client: Client, desk: Client) -> None:
    booked = await client.book()
    path = f"/api/client/appointments/{booked['id']}"
    moved = (await client("PATCH", path, a_time())).body
    await client("PATCH", path, {"reason": "another"})
    await client("DELETE", path)

    told = (await desk("GET", f"{PATH}/{booked['id']}/history")).body["items"]

    assert [(each["act"], each["by"], each["via"]) for each in told] == [
        ("booked", "client-1", "api"),
        ("moved", "client-1", "api"),
        ("reason_changed", "client-1", "api"),
        ("cancelled", "client-1", "api"),
    ]
    times = [(each["before"] and each["before"]["startsAt"], each["after"]["startsAt"]) for each in told]
    old, new = booked["startsAt"], moved["startsAt"]
    assert times == [(None, old), (old, new), (new, new), (new, new)]
    assert [each["after"]["status"] for each in told] == ["booked"] * 3 + ["cancelled"]
    assert told[1]["before"]["endsAt"] == booked["endsAt"]
    assert told[1]["after"]["endsAt"] == moved["endsAt"]
    assert "another" not in str(told)
