"""An operator pauses a queue, and resumes it."""

from collections import Counter
from typing import Any
from uuid import UUID

from deploy.local.mailbox.faults import Fault
from tests.support.client import Client, job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"
REMINDER = "appointment_reminder"
PAUSED = 'punctual_queue_paused{priority="high"}'


async def pause(operator: Client, queue: str, step: str = "pause") -> None:
    assert (await operator("POST", f"/api/ops/queues/{queue}/{step}")).status == 200


async def waits(operator: Client, queue: str, messages: int) -> None:
    """Until that many messages are ready in a queue of the broker's, none of them in a notifier's hands."""

    async def deep_enough() -> bool:
        queues = (await operator("GET", "/api/ops/queues")).body["items"]
        return bool({each["priority"]: each["depth"] for each in queues}[queue] == messages)

    await eventually(deep_enough)


async def state_of(operator: Client, appointment: dict[str, Any], kind: str) -> str:
    return str((await operator.job(job_of(appointment, kind)))["state"])


async def due_now(world: World, appointment: dict[str, Any]) -> None:
    """Makes an appointment's reminder due."""
    await world.database.execute(
        "UPDATE jobs SET due_at = now(), publish_after = now() WHERE appointment_id = $1 AND kind = $2",
        appointment["id"],
        REMINDER,
    )


async def test_a_paused_queue_holds_its_mails_the_other_goes_on_and_resuming_sends_each_once(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        client, operator = world.client(api), world.operator(api)
        await pause(operator, "high")
        await eventually(lambda: notifier.metric(PAUSED))

        booked = [await client.book() for _ in range(5)]
        await due_now(world, booked[0])

        await eventually(lambda: world.mails("Reminder"))
        await waits(operator, "high", 5)

        async def enqueued() -> bool:
            return {await state_of(operator, each, CREATED) for each in booked} == {"enqueued"}

        await eventually(enqueued)
        assert len(world.mails()) == 1

        await pause(operator, "notifications.high", "resume")
        await eventually(lambda: len(world.mails()) == 6)

        async def succeeded() -> bool:
            return await world.states() == {"succeeded": 6, "scheduled": 4}

        await eventually(succeeded)
        wanted = {f"<{job_of(each, CREATED)}@punctual.example>": 1 for each in booked}
        wanted[f"<{job_of(booked[0], REMINDER)}@punctual.example>"] = 1
        assert Counter(mail["headers"]["Message-ID"] for mail in world.mails()) == wanted


async def test_what_was_prefetched_goes_back_when_its_queue_is_paused(world: World) -> None:
    async with world.api() as api, world.notifier(EMAIL_RATE="1") as notifier:
        operator = world.operator(api)
        for _ in range(12):
            await world.client(api).book()
        await eventually(world.mails)
        await pause(operator, "high")
        await eventually(lambda: notifier.metric(PAUSED))

        async def settled() -> bool:
            states = await world.states()
            return "processing" not in states and states.get("enqueued", 0) + states.get("succeeded", 0) == 12

        await eventually(settled)
        await waits(operator, "high", (await world.states())["enqueued"])
        await notifier.stop()


async def test_a_queue_is_resumed_at_once_though_an_older_mail_is_still_on_its_way(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        client, operator = world.client(api), world.operator(api)
        world.mailbox.fail(Fault(delay=50.0, count=1))
        slow = await client.book()

        async def under_way() -> bool:
            return await state_of(operator, slow, CREATED) == "processing"

        await eventually(under_way)
        await pause(operator, "high")
        await eventually(lambda: notifier.metric(PAUSED))
        await pause(operator, "high", "resume")

        await client.book()

        await eventually(world.mails)
        assert await under_way()


async def test_a_pause_outlives_the_notifier(world: World) -> None:
    async with world.api() as api:
        operator = world.operator(api)
        await pause(operator, "high")
        first = await world.client(api).book()
        async with world.notifier() as notifier:
            await due_now(world, first)
            await eventually(lambda: world.mails("Reminder"))
            await waits(operator, "high", 1)
            await eventually(lambda: _is(operator, first, "enqueued"))
            await notifier.shows(PAUSED, 1)
            await notifier.stop()
        async with world.notifier():
            await pause(operator, "high", "resume")
            await eventually(lambda: len(world.mails()) == 2)


async def test_a_paused_queue_over_its_grace_republishes_nothing(world: World) -> None:
    async with world.api(LOST_GRACE="500ms", LIFELINE_INTERVAL="100ms") as api, world.notifier() as notifier:
        client, operator = world.client(api), world.operator(api)
        await pause(operator, "high")
        await eventually(lambda: notifier.metric(PAUSED))
        held = await client.book()
        await waits(operator, "high", 1)
        # a reminder that no message stands for: when the lifeline finds it, it has passed the other queue as often
        lost = await client.book()
        await world.database.execute(
            "UPDATE jobs SET state = 'enqueued', due_at = now(), published_at = now() WHERE id = $1",
            UUID(job_of(lost, REMINDER)),
        )

        await eventually(lambda: world.mails("Reminder"))

        rows = await world.database.fetch(
            "SELECT republished FROM jobs WHERE id = $1 AND due_at < now() - interval '500 ms'",
            UUID(job_of(held, CREATED)),
        )
        assert [row["republished"] for row in rows] == [0]
        # before it is resumed: then a slow notifier may come to its messages after this short grace
        await api.shows(f'punctual_jobs_published_total{{kind="{CREATED}",path="recovered"}}', 0)
        await pause(operator, "high", "resume")
        await eventually(lambda: len(world.mails()) == 3)


async def _is(operator: Client, appointment: dict[str, Any], state: str) -> bool:
    return await state_of(operator, appointment, CREATED) == state
