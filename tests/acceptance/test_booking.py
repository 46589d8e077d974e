"""A booking, from the request to what the client gets, through both real processes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.client import Client, job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"
REMINDER = "appointment_reminder"
CANCELLED = "appointment_cancelled_email"


async def test_a_booking_becomes_an_email_a_notification_and_a_succeeded_job(world: World) -> None:
    async with world.api() as api, world.notifier():
        client, operator = world.client(api), world.operator(api)

        appointment = await client.book()

        [mail] = await eventually(world.mails)
        assert mail["to"] == ["client-1@patients.example"]
        assert mail["headers"]["Message-ID"] == f"<{job_of(appointment, CREATED)}@punctual.example>"
        assert "Dr. Ada" in mail["text"]
        assert not any("Regular checkup" in mail[part] for part in ("subject", "text", "html"))
        inbox = (await client("GET", "/api/client/notifications")).body["items"]
        assert [(each["kind"], each["appointmentId"]) for each in inbox] == [(CREATED, appointment["id"])]
        assert (await client("GET", "/api/client/notifications/unread-count")).body == {"unread": 1}

        async def succeeded() -> bool:
            job = await operator.job(job_of(appointment, CREATED))
            return job["state"] == "succeeded" and [a["outcome"] for a in job["attempts"]] == ["succeeded"]

        await eventually(succeeded)


async def test_a_mail_names_the_reason_where_the_clinic_wants_that(world: World) -> None:
    async with world.api() as api, world.notifier(MAIL_SHOWS_REASON="true"):
        await world.client(api).book()

        [mail] = await eventually(world.mails)
        assert all("Regular checkup" in mail[part] for part in ("text", "html"))
        assert "Regular checkup" not in mail["subject"]


async def test_documented_names_of_the_libraries_do_the_whole_job_too(world: World) -> None:
    async with (
        world.api(LIBRARY_INTERNALS="off") as api,
        world.notifier(LIBRARY_INTERNALS="off") as notifier,
    ):
        client, operator = world.client(api), world.operator(api)
        appointments = [await client.book() for _ in range(5)]

        async def succeeded() -> bool:
            jobs = [await operator.job(job_of(each, CREATED)) for each in appointments]
            return all(job["state"] == "succeeded" for job in jobs)

        await eventually(succeeded)
        assert len(world.mails()) == 5
    for service, libraries in ((api, ("aiohttp", "aiormq", "pamqp")), (notifier, ("aiormq", "aiosmtplib", "pamqp"))):
        lines = [line for line in service.log.read_text("utf-8").splitlines() if "documented names alone" in line]
        assert sorted(json.loads(line)["library"] for line in lines) == sorted(libraries)


async def booked_just_before_its_reminder(client: Client) -> tuple[datetime, dict[str, Any]]:
    """An appointment whose reminder is due in seconds; its start, and its reminder. Where the booking took longer than
    that, there is no reminder, and the next one begins later."""
    for seconds in (3, 15, 45):
        starts = (datetime.now(UTC) + timedelta(hours=1, seconds=seconds)).replace(microsecond=0)
        appointment = await client.book(starts)
        [reminder] = [job for job in appointment["jobs"] if job["kind"] == REMINDER]
        if reminder["state"] == "scheduled":
            return starts, reminder
        await client("DELETE", f"/api/client/appointments/{appointment['id']}")
    raise AssertionError("a booking took 45 s")


async def test_a_reminder_goes_out_at_its_time_and_not_before(world: World) -> None:
    async with world.api() as api, world.notifier():
        starts, reminder = await booked_just_before_its_reminder(world.client(api))

        [mail] = await eventually(lambda: world.mails("Reminder"))

        assert datetime.fromisoformat(mail["receivedAt"]) >= starts - timedelta(hours=1)
        assert datetime.fromisoformat(reminder["dueAt"]) == starts - timedelta(hours=1)


async def test_a_cancelled_appointment_has_a_cancellation_mail_and_no_reminder(world: World) -> None:
    async with world.api() as api, world.notifier():
        client, other = world.client(api), world.client(api, "client-2")
        starts = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
        cancelled = await client.book(starts)
        path = f"/api/client/appointments/{cancelled['id']}"

        first, second = await client("DELETE", path), await client("DELETE", path)
        kept = await other.book(starts)
        remind_now = "UPDATE jobs SET due_at = now(), publish_after = now() WHERE kind = $1 AND state = 'scheduled'"
        await world.database.execute(remind_now, REMINDER)

        assert (first.status, first.body["status"]) == (200, "cancelled")
        assert (second.status, second.body["id"]) == (200, cancelled["id"])
        await eventually(lambda: world.mails("Reminder"))
        await eventually(lambda: world.mails("cancelled"))
        assert [mail["to"] for mail in world.mails("Reminder")] == [["client-2@patients.example"]]
        assert len(world.mails("cancelled")) == 1
        shown = (await client("GET", path)).body
        assert {job["kind"]: job["state"] for job in shown["jobs"]}[REMINDER] == "cancelled"
        assert kept["id"] != cancelled["id"]


@pytest.mark.parametrize("many", [100, pytest.param(500, marks=pytest.mark.slow)])
async def test_two_apis_and_two_notifiers_send_each_booking_one_mail(world: World, many: int) -> None:
    async with world.api() as one, world.api() as two, world.notifier(), world.notifier():
        clients = [world.client(one), world.client(two, "client-2")]
        slots = asyncio.Semaphore(20)

        async def book(number: int) -> str:
            async with slots:
                return job_of(await clients[number % 2].book(), CREATED)

        jobs = await asyncio.gather(*map(book, range(many)))

        await eventually(lambda: world.mailbox.messages.accepted >= many)
        expected = {"succeeded": many, "scheduled": many}

        async def all_succeeded() -> bool:
            return await world.states() == expected

        await eventually(all_succeeded)
        message_ids = [mail["headers"]["Message-ID"] for mail in world.mails()]
        assert sorted(message_ids) == sorted(f"<{job_id}@punctual.example>" for job_id in jobs)


async def test_several_reminders_and_none_by_mail_for_who_wants_none(world: World) -> None:
    async with world.api(REMINDER_OFFSETS="1h,30min") as api, world.notifier():
        client = world.client(api)
        silent = {"preferences": {"emailReminders": False}}
        assert (await client("PUT", "/api/client/profile", silent)).status == 200
        starts = (datetime.now(UTC) + timedelta(hours=1, minutes=10)).replace(microsecond=0)
        appointment = await client.book(starts)
        [first, _] = sorted(job["dueAt"] for job in appointment["jobs"] if job["kind"] == REMINDER)
        # due now, rather than in ten minutes
        await world.database.execute(
            "UPDATE jobs SET due_at = now(), publish_after = now() WHERE kind = $1 AND due_at = $2",
            *(REMINDER, datetime.fromisoformat(first)),
        )

        async def told() -> bool:
            inbox = (await client("GET", "/api/client/notifications")).body["items"]
            return REMINDER in [each["kind"] for each in inbox]

        await eventually(told)
        shown = (await client("GET", f"/api/client/appointments/{appointment['id']}")).body
        assert sorted(job["state"] for job in shown["jobs"] if job["kind"] == REMINDER) == ["scheduled", "skipped"]
        assert not world.mails("Reminder")


async def test_the_rate_lets_confirmations_pass_before_reminders(world: World) -> None:
    async with world.api() as api:
        client = world.client(api)
        await world.database.execute("UPDATE doctors SET slot_minutes = 5, version = version + 1")
        soon = (datetime.now(UTC) + timedelta(hours=1, minutes=10)).replace(microsecond=0)
        for number in range(10):
            await client.book(soon + timedelta(minutes=5 * number))
        await world.database.execute("UPDATE jobs SET due_at = now(), publish_after = now() WHERE kind = $1", REMINDER)
        high = "SELECT FROM jobs WHERE state = 'enqueued'"

        async def all_wait() -> bool:
            return len(await world.database.fetch(high)) == 20

        await eventually(all_wait)
        operator = world.operator(api)
        # else a slow start could take from one queue for seconds before the other is there
        assert (await operator("POST", "/api/ops/queues/normal/pause")).status == 200
        async with world.notifier(EMAIL_RATE="4"):
            await eventually(world.mails)
            assert (await operator("POST", "/api/ops/queues/normal/resume")).status == 200
            await eventually(lambda: len(world.mails()) == 20)
    subjects = [mail["subject"].partition(":")[0] for mail in reversed(world.mails())]
    # the first four tokens are for whoever comes first; from then on confirmations do
    assert subjects[-2:] == ["Reminder", "Reminder"]
