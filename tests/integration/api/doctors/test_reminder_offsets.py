"""Reminders of a doctor with offsets of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.client import Client, a_wish

DOCTOR = "/api/ops/doctors/1"
REMINDER = "appointment_reminder"


def due(appointment: dict[str, Any]) -> list[timedelta]:
    """How long before the start each planned reminder is due."""
    start = datetime.fromisoformat(appointment["startsAt"])
    return [
        start - datetime.fromisoformat(job["dueAt"])
        for job in appointment["jobs"]
        if job["kind"] == REMINDER and job["state"] != "cancelled"
    ]


async def say(operator: Client, offsets: object) -> object:
    answer = await operator("PATCH", DOCTOR, {"reminderOffsets": offsets})
    assert answer.status == 200, answer.body
    return answer.body["reminderOffsets"]


async def test_a_doctors_own_offsets_stand_in_for_the_settings(client: Client, operator: Client) -> None:
    assert due(await client.book()) == [timedelta(hours=1)]
    assert await say(operator, ["24h", 7200, 0.5]) == [86400, 7200, 0.5]
    assert due(await client.book()) == [timedelta(days=1), timedelta(hours=2), timedelta(seconds=0.5)]
    assert await say(operator, []) == []
    assert due(await client.book()) == []
    assert await say(operator, None) is None
    assert due(await client.book()) == [timedelta(hours=1)]


async def test_planned_reminders_stay_until_the_appointment_is_moved(client: Client, operator: Client) -> None:
    booked = await client.book()
    await say(operator, ["24h"])
    path = f"/api/client/appointments/{booked['id']}"
    assert due((await client("GET", path)).body) == [timedelta(hours=1)]
    wish = a_wish()
    moved = await client("PATCH", path, {name: wish[name] for name in ("appointmentDate", "appointmentTime")})
    assert due(moved.body) == [timedelta(days=1)]


async def test_an_offset_is_a_duration_also_over_a_change_of_the_clocks(client: Client, operator: Client) -> None:
    """A day before 10:00 on the day of the change is 9:00 on the clock: 24 hours, as REMINDER_OFFSETS counts."""
    await say(operator, ["24h"])
    booked = await client.book(datetime(2099, 3, 29, 8, tzinfo=UTC))  # 10:00, the clocks went forward that night
    assert booked["appointmentTime"] == "10:00"
    [job] = [each for each in booked["jobs"] if each["kind"] == REMINDER]
    assert job["dueAt"] == "2099-03-28T08:00:00Z"
