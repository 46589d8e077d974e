"""Hours, slots and days off, over HTTP."""

import pytest

from shared.database import Database
from tests.support.client import Client, a_wish

PATH = "/api/client/appointments"
DOCTOR = {
    "name": "Dr. Ada",
    "timezone": "Europe/Berlin",
    "slotMinutes": 50,
    "hours": {"mon": [["09:00", "12:00"], ["22:30", "24:00"]], "sun": [["01:00", "04:00"]]},
    "daysOff": ["2083-12-27"],
}
MONDAY, TUESDAY, DAY_OFF, FORWARD = "2083-02-01", "2083-02-02", "2083-12-27", "2083-03-28"


@pytest.fixture
async def in_hours(operator: Client) -> None:
    assert (await operator("PUT", "/api/ops/doctors/1", DOCTOR)).status == 200


async def free(client: Client, day: str) -> list[str]:
    answer = await client("GET", "/api/doctors/1/slots", query={"date": day})
    assert answer.status == 200
    assert {item["appointmentDate"] for item in answer.body["items"]} <= {day}
    return [item["appointmentTime"] for item in answer.body["items"]]


@pytest.mark.usefixtures("in_hours")
async def test_every_free_slot_can_be_booked_once_and_is_gone_then(client: Client) -> None:
    offered = (await client("GET", "/api/doctors/1/slots", query={"date": MONDAY})).body["items"]
    assert [item["appointmentTime"] for item in offered] == ["09:00", "09:50", "10:40", "22:30"]
    for item in offered:
        wish = {"doctorId": "1", **{name: item[name] for name in ("appointmentDate", "appointmentTime")}}
        booked = await client("POST", PATH, wish)
        assert (booked.status, booked.body["startsAt"]) == (200, item["startsAt"])
        assert (await client("POST", PATH, wish)).status == 409
    assert await free(client, MONDAY) == []
    await client("DELETE", f"{PATH}/{booked.body['id']}")
    assert await free(client, MONDAY) == ["22:30"]


NOT_BOOKABLE = [
    (MONDAY, "08:10", "/appointmentTime"),  # before opening
    (MONDAY, "11:30", "/appointmentTime"),  # on the grid, and over the end
    (MONDAY, "23:20", "/appointmentTime"),  # over midnight
    (MONDAY, "09:51", "/appointmentTime"),  # off the grid
    (MONDAY, "09:50:01", "/appointmentTime"),
    (TUESDAY, "09:00", "/appointmentTime"),  # closed
    (DAY_OFF, "09:00", "/appointmentDate"),
    (FORWARD, "02:40", "/appointmentTime"),  # skipped by the clocks
    ("0001-01-01", "09:00", "/appointmentDate"),
    ("2201-01-05", "09:00", "/appointmentDate"),
]


@pytest.mark.usefixtures("in_hours")
async def test_a_time_outside_hours_or_grid_is_refused_to_book_and_to_move(client: Client, database: Database) -> None:
    booked = await client.book(appointmentDate=MONDAY, appointmentTime="09:00")
    for day, clock, pointer in NOT_BOOKABLE:
        time = {"appointmentDate": day, "appointmentTime": clock}
        for answer in (
            await client("POST", PATH, {"doctorId": "1", **time}),
            await client("PATCH", f"{PATH}/{booked['id']}", time),
        ):
            assert answer.status == 422, time
            assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert len(await database.fetch("SELECT FROM appointments")) == 1


@pytest.mark.usefixtures("in_hours")
async def test_days_off_and_the_nights_of_clock_changes_have_the_slots_that_there_are(client: Client) -> None:
    assert await free(client, DAY_OFF) == []
    assert await free(client, TUESDAY) == []
    assert await free(client, "2083-03-21") == ["01:00", "01:50", "02:40"]
    # 01:50 and fifty minutes is 03:40 in that night, and there is no 02:40
    assert await free(client, FORWARD) == ["01:00", "01:50"]
    assert await free(client, "2083-10-31") == ["01:00", "01:50", "02:40"]


async def test_a_doctor_without_hours_is_bookable_at_any_second_but_on_days_off(
    client: Client, operator: Client
) -> None:
    doctor = {"name": "Dr. Ada", "timezone": "Europe/Berlin", "daysOff": [DAY_OFF]}
    await operator("PUT", "/api/ops/doctors/1", doctor)
    await client.book(appointmentDate=MONDAY, appointmentTime="23:59:59")
    assert (await client("POST", PATH, a_wish() | {"appointmentDate": DAY_OFF})).status == 422
    assert (await free(client, TUESDAY))[:2] == ["00:30", "01:00"]  # the one of yesterday ends at 00:29:59
    assert len(await free(client, MONDAY)) == 47


async def test_a_malformed_or_far_date_is_named(client: Client) -> None:
    for date in ("", "20270105", "2083-W01-1", "2083-1-5", "2083-02-30", "x", "2201-01-01", "9999-12-31"):
        answer = await client("GET", "/api/doctors/1/slots", query={"date": date})
        assert answer.status == 422, date
        assert [error["pointer"] for error in answer.body["errors"]] == ["?date"]
    assert (await client("GET", "/api/doctors/1/slots")).status == 422


async def test_days_that_have_passed_have_no_slots(client: Client) -> None:
    for day in ("0001-01-01", "1883-11-18", "2020-01-01"):
        assert await free(client, day) == []
