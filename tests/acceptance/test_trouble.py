"""What happens when the mail server, the broker, a message or a process fails."""

import asyncio
import base64
import json
from collections import Counter
from typing import Any

import aio_pika

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.ports import free_port
from deploy.local.rabbitmq import RabbitMQ
from tests.support.client import Client, job_of
from tests.support.management import management
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"
NOBODYS = "01a20f8d-62d3-76ff-bc7e-9fc29c7b6b15"


async def the_job(operator: Client, appointment: dict[str, Any], state: str) -> dict[str, Any]:
    """The confirmation's job, once it is in that state."""

    async def in_state() -> dict[str, Any] | None:
        job = await operator.job(job_of(appointment, CREATED))
        return job if job["state"] == state else None

    return dict(await eventually(in_state) or {})


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


async def test_what_cannot_be_read_is_recorded_whole_and_holds_nothing_up(world: World, rabbitmq: RabbitMQ) -> None:
    known = {"version": 1, "jobId": NOBODYS, "attempt": 0, "kind": CREATED, "appointmentId": NOBODYS}
    known["dueAt"] = "2027-01-05T14:00:00Z"
    strange = {
        "unreadable": b"\x00not json\xff",
        "unknown version": json.dumps(known | {"version": 2}).encode(),
        "unknown kind": json.dumps(known | {"kind": "carrier_pigeon"}).encode(),
        "unknown job": json.dumps(known).encode(),
    }
    async with world.api() as api, world.notifier() as notifier:
        for reason, body in strange.items():
            await world.publish("high", body, message_id=reason, headers={"who": "an operator"})

        async def recorded() -> list[dict[str, Any]] | None:
            found = (await world.operator(api)("GET", "/api/ops/dead-letters")).body["items"]
            return found if len(found) >= len(strange) else None

        letters = await eventually(recorded) or []
        assert {letter["reason"]: base64.b64decode(letter["bodyBase64"]) for letter in letters} == strange
        assert {letter["messageId"] for letter in letters} == set(strange)
        assert {letter["headers"]["who"] for letter in letters} == {"an operator"}

        await world.client(api).book()
        await eventually(world.mails)

        async def at_rest() -> bool:
            queues = await management(rabbitmq, "GET", f"/api/queues/{world.vhost}")
            return {queue.get("messages", 1) for queue in queues} == {0}

        await eventually(at_rest)
        await notifier.shows('punctual_dead_letters_total{outcome="recorded"}', len(strange))


async def test_a_dead_letter_that_an_operator_moves_back_to_work_changes_nothing(world: World) -> None:
    async with world.api() as api:
        operator = world.operator(api)
        world.mailbox.fail(Fault(refuse="client-1@patients.example"))
        async with world.notifier() as first:
            appointment = await world.client(api).book()
            job = await the_job(operator, appointment, "failed")
            await first.stop()  # which acks its message; a killed one might leave it to the next
        await world.mailbox.recover()
        dead = job["envelope"]["body"].replace('"attempt":1', '"attempt":0').encode()
        await world.publish("high", dead, exchange="notifications.dlx")  # nobody drains it now
        await move_all(world, "notifications.dead", "high", copies=2)
        assert (await operator("POST", f"/api/ops/jobs/{job['id']}/requeue")).status == 202

        async with world.notifier() as notifier:
            done = await the_job(operator, appointment, "succeeded")

            async def counted() -> bool:
                return await notifier.metric('punctual_duplicates_suppressed_total{reason="stale"}') == 2

            await eventually(counted)
        assert [attempt["outcome"] for attempt in done["attempts"]] == ["failed", "succeeded"]
        assert len(world.mails()) == 1


async def move_all(world: World, queue: str, key: str, *, copies: int) -> None:
    """Takes what waits in a queue and publishes it to work, as a shovel or a person would."""
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        source = await channel.get_queue(queue, ensure=False)
        message = await eventually(lambda: source.get(fail=False))
        assert message is not None
        for _ in range(copies):
            await world.publish(key, message.body)
        await message.ack()


async def test_a_notifier_killed_between_smtp_and_commit_repeats_with_the_same_message_id(
    world: World,
) -> None:
    world.mailbox.fail(Fault(hang=Stage.AFTER_ACCEPT, count=1))
    async with world.api() as api:
        async with world.notifier() as doomed:
            appointment = await world.client(api).book()
            await eventually(world.mails)
            doomed.kill()
        await world.leases_end()
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

        await eventually(lambda: world.mailbox.messages.accepted >= 15)

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

        await eventually(lambda: len(world.mails()) == 2)
