"""What happens when the mail server, the broker, a message or a process fails."""

import asyncio
from collections import Counter
from typing import Any

import aio_pika

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.ports import free_port
from deploy.local.rabbitmq import RabbitMQ
from tests.support.client import Client, job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"


async def the_job(operator: Client, appointment: dict[str, Any], state: str) -> dict[str, Any]:
    """The confirmation's job, once it is in that state."""

    async def in_state() -> dict[str, Any] | None:
        job = await operator.job(job_of(appointment, CREATED))
        return job if job["state"] == state else None

    return dict(await eventually(in_state, within=30) or {})


async def test_duplicate_deliveries_send_once(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        operator = world.operator(api)
        appointment = await world.client(api).book()
        job = await the_job(operator, appointment, "succeeded")
        body = job["envelope"]["body"].encode()

        await world.publish("high", body.replace(b'"attempt":1', b'"attempt":0'), times=20)

        async def counted() -> bool:
            return await notifier.metric('punctual_duplicates_suppressed_total{reason="stale"}') == 20

        await eventually(counted)
        assert len(world.mails()) == 1


async def test_a_451_is_retried_until_it_goes_through(world: World) -> None:
    async with world.api() as api, world.notifier():
        world.mailbox.fail(Fault(code=451, count=3))
        appointment = await world.client(api).book()

        job = await the_job(world.operator(api), appointment, "succeeded")

        outcomes = [(attempt["outcome"], attempt["replyCode"]) for attempt in job["attempts"]]
        assert outcomes == [("retrying", 451)] * 3 + [("succeeded", 250)]
        assert "Local error" in job["attempts"][0]["error"]
        assert len(world.mails()) == 1


async def test_a_550_fails_at_once_and_a_requeue_sends_it(world: World) -> None:
    async with world.api() as api, world.notifier():
        operator = world.operator(api)
        world.mailbox.fail(Fault(refuse="client-1@patients.example"))
        appointment = await world.client(api).book()
        job = await the_job(operator, appointment, "failed")
        assert [attempt["replyCode"] for attempt in job["attempts"]] == [550]
        assert "no such user" in job["error"]
        failed = await operator("GET", "/api/ops/jobs", query={"state": "failed", "error": "no such user"})
        assert [each["id"] for each in failed.body["items"]] == [job["id"]]

        await world.mailbox.recover()
        answer = await operator("POST", f"/api/ops/jobs/{job['id']}/requeue")

        assert answer.status == 202
        job = await the_job(operator, appointment, "succeeded")
        assert [attempt["outcome"] for attempt in job["attempts"]] == ["failed", "succeeded"]
        assert len(world.mails()) == 1
        again = await operator("POST", f"/api/ops/jobs/{job['id']}/requeue")
        assert again.status == 409


async def test_an_unreadable_message_is_recorded_whole(world: World) -> None:
    async with world.api() as api, world.notifier():
        await world.publish("high", b"\x00not json\xff", message_id="strange", headers={"who": "an operator"})

        async def recorded() -> list[dict[str, Any]]:
            return list((await world.operator(api)("GET", "/api/ops/dead-letters")).body["items"])

        [letter] = await eventually(recorded)
        assert letter["reason"] == "unreadable"
        assert letter["bodyBase64"] == "AG5vdCBqc29u/w=="
        assert letter["messageId"] == "strange"
        assert letter["headers"]["who"] == "an operator"


async def test_a_notifier_killed_between_smtp_and_commit_repeats_with_the_same_message_id(
    world: World,
) -> None:
    world.mailbox.fail(Fault(hang=Stage.AFTER_ACCEPT, count=1))
    async with world.api() as api:
        async with world.notifier() as doomed:
            appointment = await world.client(api).book()
            await eventually(world.mails)
            doomed.kill()
        async with world.notifier():
            job = await the_job(world.operator(api), appointment, "succeeded")

    assert [attempt["outcome"] for attempt in job["attempts"]] == ["lost", "succeeded"]
    assert Counter(mail["headers"]["Message-ID"] for mail in world.mails()) == {f"<{job['id']}@punctual.example>": 2}
    assert len(await world.database.fetch("SELECT FROM in_app_notifications")) == 1


async def test_an_api_killed_right_after_the_commit_loses_nothing(world: World) -> None:
    nowhere = f"amqp://nobody:home@127.0.0.1:{free_port()}/"
    async with world.api(AMQP_URL=nowhere) as doomed:
        await world.client(doomed).book()
        doomed.kill()
    assert await world.states() == {"scheduled": 2}

    async with world.api(), world.notifier():
        assert len(await eventually(world.mails)) == 1


async def test_a_broker_restart_loses_nothing(world: World, rabbitmq: RabbitMQ) -> None:
    async with world.api() as api, world.notifier():
        client = world.client(api)
        before = [await client.book() for _ in range(5)]
        await asyncio.to_thread(rabbitmq.stop)
        during = [await client.book() for _ in range(5)]
        await rabbitmq.start()
        after = [await client.book() for _ in range(5)]

        await eventually(lambda: world.mailbox.messages.accepted >= 15, within=30)

        async def succeeded() -> bool:
            return await world.states() == {"succeeded": 15, "scheduled": 15}

        await eventually(succeeded)
        wanted = {f"<{job_of(each, CREATED)}@punctual.example>" for each in before + during + after}
        assert Counter(mail["headers"]["Message-ID"] for mail in world.mails()) == dict.fromkeys(wanted, 1)


async def test_a_queue_deleted_by_an_operator_comes_back_and_costs_no_mail(world: World) -> None:
    async with world.api() as api, world.notifier():
        client = world.client(api)
        await client.book()
        await eventually(world.mails)
        connection = await aio_pika.connect(world.amqp_url)
        async with connection, connection.channel() as channel:
            await channel.queue_delete("notifications.high")

        await client.book()

        await eventually(lambda: len(world.mails()) == 2, within=30)
