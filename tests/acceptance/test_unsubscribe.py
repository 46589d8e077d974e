"""From the link in a reminder to reminders that stay in the app."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.client import Client
from tests.support.waiting import eventually
from tests.support.world import World

REMINDER = "appointment_reminder"


def in_minutes(minutes: int) -> datetime:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).replace(microsecond=0)


async def due_now(world: World, appointment: dict[str, Any]) -> None:
    """Makes the reminder due: one that is due in seconds is skipped where the booking takes longer than that."""
    await world.database.execute(
        "UPDATE jobs SET due_at = now(), publish_after = now() WHERE appointment_id = $1 AND kind = $2",
        *(appointment["id"], REMINDER),
    )


async def test_the_link_of_a_reminder_stops_the_next_ones_mail_and_not_its_notification(world: World) -> None:
    async with world.api() as api, world.notifier(PUBLIC_URL=api.url):
        client, operator = world.client(api), world.operator(api)
        await due_now(world, await client.book(in_minutes(70)))
        [mail] = await eventually(lambda: world.mails("Reminder"))
        [link] = re.findall(r"<(.*)>", mail["headers"]["List-Unsubscribe"])
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in mail["text"]
        assert link in mail["html"]
        assert all("List-Unsubscribe" not in each["headers"] for each in world.mails("confirmed"))

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await Client(link, None)("POST", "", b"List-Unsubscribe=One-Click", headers=form)

        assert answer.status == 200
        booked = await client.book(in_minutes(110))
        await due_now(world, booked)
        [job_id] = [job["id"] for job in booked["jobs"] if job["kind"] == REMINDER]

        async def skipped() -> bool:
            job = await operator.job(job_id)
            return job["state"] == "skipped" and "opted out" in job["reason"]

        await eventually(skipped)
        inbox = (await client("GET", "/api/client/notifications")).body["items"]
        assert (REMINDER, booked["id"]) in [(each["kind"], each["appointmentId"]) for each in inbox]
        await eventually(lambda: len(world.mails("confirmed")) == 2)
        assert len(world.mails("Reminder")) == 1
