"""Rows in a zone that this instance's zone data do not have, as one with newer data has stored them."""

from shared.database import Database
from tests.support.client import Client, a_wish

NEW = "America/Newzone"


async def test_its_calendar_file_says_the_clinics_clock_by_its_offset(client: Client, database: Database) -> None:
    booked = await client.book(appointmentDate="2083-07-05", appointmentTime="15:00")
    await database.execute("UPDATE appointments SET timezone = $1", NEW)

    file = await client("GET", f"/api/client/appointments/{booked['id']}/calendar.ics")

    assert file.status == 200
    assert f"15:00–15:30 ({NEW}\\, UTC+02:00)" in file.body.replace("\r\n ", "")
    assert (await client("GET", f"/api/client/appointments/{booked['id']}")).body["timezone"] == NEW
    assert (await client("DELETE", f"/api/client/appointments/{booked['id']}")).status == 200


async def test_who_asks_for_times_there_is_told_to_ask_again(client: Client, database: Database) -> None:
    booked = await client.book()
    await database.execute("UPDATE doctors SET timezone = $1, version = version + 1", NEW)

    for answer in (
        await client("GET", "/api/doctors/1/slots?date=2083-07-05"),
        await client("POST", "/api/client/appointments", a_wish()),
        await client("PATCH", f"/api/client/appointments/{booked['id']}", {"appointmentTime": "10:00"}),
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.body["type"] == "urn:punctual:problem:unavailable"
    assert (await client("GET", "/api/doctors/1")).body["timezone"] == NEW
