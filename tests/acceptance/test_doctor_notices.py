"""A doctor hears of what happens on the day itself, by both real processes; clients are told as before."""

from typing import Any

from tests.support.client import Client
from tests.support.clinic_day import at, zone_by_day
from tests.support.waiting import eventually
from tests.support.world import World

PATH = "/api/ops/doctors/1/notices"
DOCTOR = "ada@clinic.example"


async def test_a_doctor_hears_of_today_and_of_nothing_else(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        zone, client, operator = zone_by_day(), world.client(api), world.operator(api)
        assert (await operator("PUT", "/api/ops/doctors/1", {"name": "Dr. Ada", "timezone": zone})).status == 200
        assert (await operator("GET", PATH)).status == 404
        wish = {"email": DOCTOR, "locale": "de"}
        assert (await operator("PUT", PATH, wish)).body == wish == (await operator("GET", PATH)).body

        later = await client.book(reason="private", **at(zone, days=1))
        await change(client, later, at(zone, days=1, minutes=90))
        booked = await client.book(reason="private", **at(zone, minutes=90))
        mail = await the_mail(world, "Neuer Termin")
        assert booked["appointmentTime"] in mail["text"]
        assert "Bisher" not in mail["text"]

        moved = at(zone, minutes=150)
        await change(client, booked, moved)
        mail = await the_mail(world, "Termin verschoben")
        assert booked["appointmentTime"] in mail["text"].partition("Bisher")[2]
        assert moved["appointmentTime"] in mail["text"].partition("Bisher")[0]

        await eventually(
            lambda: len(world.mails("moved")) == 2
        )  # a mail that is not sent yet goes with its appointment
        for each in (booked, later):
            assert (await client("DELETE", f"/api/client/appointments/{each['id']}")).status == 200
        await the_mail(world, "Termin abgesagt")

        await eventually(lambda: len(world.mails("cancelled")) == 2)
        to_doctor = [each for each in world.mails() if each["to"] == [DOCTOR]]
        assert len(to_doctor) == 3
        for each in to_doctor:
            assert "private" not in str(each)
            assert "/a/" not in each["text"]
        assert len(world.mails("moved")) == 2
        assert "doctor_notice_email" not in str((await client("GET", "/api/client/notifications")).body)
        for service in (api, notifier):
            assert DOCTOR not in service.log.read_text("utf-8")


async def change(client: Client, booked: dict[str, Any], when: dict[str, str]) -> None:
    answer = await client("PATCH", f"/api/client/appointments/{booked['id']}", when)
    assert answer.status == 200, answer.body


async def the_mail(world: World, subject: str) -> dict[str, Any]:
    [mail] = await eventually(lambda: world.mails(subject))
    assert mail["to"] == [DOCTOR]
    return dict(mail)
