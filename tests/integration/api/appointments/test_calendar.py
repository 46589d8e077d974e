"""The calendar file of an appointment, over HTTP."""

from datetime import UTC, datetime

import vobject

from tests.support.client import Client

PATH = "/api/client/appointments"


async def test_the_file_follows_the_appointment(client: Client, operator: Client) -> None:
    doctor = {"name": "Dr. Ada", "timezone": "Europe/Berlin", "location": "Lindenstraße 12, Berlin"}
    await operator("PUT", "/api/ops/doctors/1", doctor)
    booked = await client.book(appointmentDate="2083-10-31", appointmentTime="02:30", reason="Something private")
    path = f"{PATH}/{booked['id']}"

    first = await client("GET", f"{path}/calendar.ics")

    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH; component=VEVENT"
    assert first.headers["Content-Disposition"] == 'attachment; filename="appointment-2083-10-31.ics"'
    assert first.headers["Cache-Control"] == "no-store"
    event = vobject.readOne(first.body).vevent
    assert event.dtstart.value == datetime(2083, 10, 31, 0, 30, tzinfo=UTC)
    assert (event.uid.value, event.location.value) == (booked["id"], "Lindenstraße 12, Berlin")
    assert "private" not in first.body

    await client("PATCH", path, {"appointmentTime": "10:00"})
    await client("DELETE", path)

    last = await client("GET", f"{path}/calendar.ics")
    assert "method=CANCEL" in last.headers["Content-Type"]
    cancelled = vobject.readOne(last.body).vevent
    assert (cancelled.uid.value, cancelled.status.value) == (booked["id"], "CANCELLED")
    assert "SEQUENCE:2" in last.body
    assert cancelled.dtstart.value == datetime(2083, 10, 31, 9, tzinfo=UTC)


async def test_it_speaks_the_clients_language(client: Client) -> None:
    await client("PUT", "/api/client/profile", {"locale": "de"})
    booked = await client.book()
    file = await client("GET", f"{PATH}/{booked['id']}/calendar.ics")
    assert "SUMMARY:Termin bei Dr. Ada" in file.body


async def test_somebody_elses_file_does_not_exist(client: Client, stranger: Client) -> None:
    booked = await client.book()
    assert (await stranger("GET", f"{PATH}/{booked['id']}/calendar.ics")).status == 404
    assert (await client("GET", f"{PATH}/not-an-id/calendar.ics")).status == 404
