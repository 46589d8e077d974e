"""A doctor gets the agenda of the day: by both real processes, once, with names and without reasons."""

from datetime import UTC, datetime, timedelta

from shared.people import zones
from tests.support.client import job_of
from tests.support.waiting import eventually
from tests.support.world import World

PATH = "/api/ops/doctors/1/agenda"
ZONES = {-10: "Pacific/Honolulu", -5: "America/Lima", 0: "Africa/Abidjan", 5: "Asia/Karachi", 10: "Australia/Brisbane"}
"""Zones without clock changes, by their hours from UTC."""


async def test_a_doctor_reads_the_day_and_clients_are_told_as_before(world: World) -> None:
    async with world.api() as api, world.notifier():
        name = next(name for hours, name in ZONES.items() if 3 <= (datetime.now(UTC).hour + hours) % 24 < 20)
        client, operator = world.client(api), world.operator(api)
        assert (await operator("PUT", "/api/ops/doctors/1", {"name": "Dr. Ada", "timezone": name})).status == 200
        starts = [
            datetime.now(zones.zone(name)).replace(microsecond=0) + timedelta(minutes=40 + 31 * place)
            for place in range(2)
        ]
        booked = [await client.book(each.replace(second=0), reason="private", **_local(each)) for each in starts]
        await eventually(lambda: len(world.mails("confirmed")) == 2)
        wish = {"email": "ada@clinic.example", "sendAt": "00:00", "locale": "de"}
        assert (await operator("PUT", PATH, wish)).body == wish

        # each process plans at its start, and every half minute
        async with world.api() as second, world.api():
            [mail] = await eventually(lambda: world.mails("Tagesplan"))

        assert mail["to"] == ["ada@clinic.example"]
        for each in booked:
            assert each["appointmentTime"] in mail["text"]
        assert "private" not in str(mail)
        assert "/a/" not in mail["text"]
        notices = (await client("GET", f"/api/client/appointments/{booked[0]['id']}/notices")).body["items"]
        assert {each["kind"] for each in notices} == {"appointment_created_email", "appointment_reminder"}
        shown = (await client("GET", f"/api/client/appointments/{booked[0]['id']}")).body
        assert job_of(shown, "appointment_created_email")
        assert len(shown["jobs"]) == 2
        record = (await operator("GET", f"/api/ops/appointments/{booked[0]['id']}/record")).body["record"]
        assert "doctor_agenda_email" not in str(record)
        assert "doctor_agenda_email" not in str((await client("GET", "/api/client/notifications")).body)
        for log in (api.log, second.log):
            assert "ada@" not in log.read_text("utf-8")
        assert len(world.mails("Tagesplan")) == 1


def _local(moment: datetime) -> dict[str, str]:
    return {"appointmentDate": f"{moment:%Y-%m-%d}", "appointmentTime": f"{moment:%H:%M}"}
