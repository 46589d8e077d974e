"""From the link in a reminder to reminders that stay in the app."""

import re
from datetime import UTC, datetime, timedelta

from tests.support.client import Client
from tests.support.waiting import eventually
from tests.support.world import World

REMINDER = "appointment_reminder"


async def test_the_link_of_a_reminder_stops_the_next_ones_mail_and_not_its_notification(world: World) -> None:
    async with world.api() as api, world.notifier(PUBLIC_URL=api.url):
        client, operator = world.client(api), world.operator(api)
        starts = (datetime.now(UTC) + timedelta(hours=1, seconds=2)).replace(microsecond=0)
        await client.book(starts)
        [mail] = await eventually(lambda: world.mails("Reminder"))
        [link] = re.findall(r"<(.*)>", mail["headers"]["List-Unsubscribe"])
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in mail["text"]
        assert link in mail["html"]
        assert all("List-Unsubscribe" not in each["headers"] for each in world.mails("confirmed"))

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await Client(link, None)("POST", "", b"List-Unsubscribe=One-Click", headers=form)

        assert answer.status == 200
        starts = (datetime.now(UTC) + timedelta(hours=1, minutes=40)).replace(microsecond=0)
        booked = await client.book(starts)
        # due now, rather than in forty minutes
        await world.database.execute(
            "UPDATE jobs SET due_at = now(), publish_after = now() WHERE appointment_id = $1 AND kind = $2",
            booked["id"],
            REMINDER,
        )
        [job_id] = [job["id"] for job in booked["jobs"] if job["kind"] == REMINDER]

        async def skipped() -> bool:
            job = await operator.job(job_id)
            return job["state"] == "skipped" and "opted out" in job["reason"]

        await eventually(skipped)
        inbox = (await client("GET", "/api/client/notifications")).body["items"]
        assert (REMINDER, booked["id"]) in [(each["kind"], each["appointmentId"]) for each in inbox]
        await eventually(lambda: len(world.mails("confirmed")) == 2)
        assert len(world.mails("Reminder")) == 1
