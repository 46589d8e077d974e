"""Several work queues for each priority, and a change of their number while mail goes out."""

import asyncio
from collections import Counter
from typing import Any

import aio_pika
import pytest

from deploy.local.mailbox.faults import Fault
from tests.support.client import Client, job_of
from tests.support.waiting import eventually, paced
from tests.support.world import World

CREATED = "appointment_created_email"


async def shards_of(operator: Client, priority: str = "high") -> dict[str, dict[str, Any]]:
    queues = (await operator("GET", "/api/ops/queues")).body["items"]
    [found] = [each for each in queues if each["priority"] == priority]
    return {shard["name"].removeprefix("notifications."): shard for shard in found["shards"]}


async def each_told_once(world: World, booked: list[dict[str, Any]], within: float = 90) -> None:
    wanted = {f"<{job_of(each, CREATED)}@punctual.example>" for each in booked}

    def told() -> bool:
        return {mail["headers"]["Message-ID"] for mail in world.mails()} >= wanted

    await eventually(told, within=within)
    counts = Counter(mail["headers"]["Message-ID"] for mail in world.mails())
    assert {message: counts[message] for message in wanted} == dict.fromkeys(wanted, 1)


async def republished(world: World) -> int:
    row = await world.database.fetchrow("SELECT coalesce(sum(republished), 0) FROM jobs")
    return 0 if row is None else int(row[0])


async def enqueued(world: World, jobs: int) -> None:
    async def all_of_them() -> bool:
        return (await world.states()).get("enqueued", 0) >= jobs

    await eventually(all_of_them)


async def test_a_backlog_is_told_once_after_each_change_of_the_number_of_shards(world: World) -> None:
    booked: list[dict[str, Any]] = []
    for shards in ("1", "3", "2", "1"):
        async with world.api(SHARDS=shards) as api:
            booked += [await world.client(api).book() for _ in range(12)]
            await enqueued(world, len(booked))
    # every message waits where the API of its time has put it; a notifier that is slow with them has not lost them
    async with world.api(SHARDS="2", LOST_GRACE="60s") as api, world.notifier(SHARDS="2"):
        await each_told_once(world, booked)
        found = await shards_of(world.operator(api))
        assert {key: each["inUse"] for key, each in found.items()} == {
            "high": False,
            "high.1": True,
            "high.2": True,
            "high.3": False,
        }

        async def emptied() -> bool:
            return {each["depth"] for each in (await shards_of(world.operator(api))).values()} == {0}

        await eventually(emptied)
    assert await republished(world) == 0


@pytest.mark.slow
async def test_processes_with_different_numbers_of_shards_work_side_by_side_under_load(world: World) -> None:
    booked: list[dict[str, Any]] = []

    async def load(client: Client) -> None:
        async for _ in paced(0.05):
            booked.append(await client.book())  # noqa: PERF401 - each shows at once

    async with (
        world.api(SHARDS="1") as first,
        world.api(SHARDS="4") as second,
        world.notifier(SHARDS="1") as old,
        world.notifier(SHARDS="4"),
    ):
        tasks = [asyncio.create_task(load(world.client(api))) for api in (first, second)]
        await eventually(lambda: len(world.mails()) >= 40, within=90)
        await old.stop()
        async with world.notifier(SHARDS="2"):
            so_far = len(world.mails())
            await eventually(lambda: len(world.mails()) >= so_far + 40, within=90)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await each_told_once(world, booked)


async def test_a_retry_comes_back_to_its_shard(world: World) -> None:
    async with world.api(SHARDS="3", LOST_GRACE="60s") as api, world.notifier(SHARDS="3"):
        world.mailbox.fail(Fault(code=451, count=6))
        booked = [await world.client(api).book() for _ in range(6)]
        await each_told_once(world, booked)
    row = await world.database.fetchrow("SELECT count(*) FROM jobs WHERE attempt > 1 AND state = 'succeeded'")
    assert row is not None
    assert row[0] >= 1
    assert await republished(world) == 0


async def test_a_notifier_consumes_the_shards_that_it_was_given(world: World) -> None:
    async with world.api(SHARDS="2") as api, world.notifier(SHARDS="2", CONSUME_SHARDS="2") as notifier:
        operator = world.operator(api)

        async def only_the_second() -> bool:
            return {key: each["consumers"] for key, each in (await shards_of(operator)).items() if "." in key} == {
                "high.1": 0,
                "high.2": 1,
            }

        await eventually(only_the_second)
        async with world.notifier(SHARDS="2", CONSUME_SHARDS="1"):
            booked = [await world.client(api).book() for _ in range(8)]
            await each_told_once(world, booked)
        await notifier.stop()


async def test_a_paused_shard_holds_its_mails_and_the_others_go_on(world: World) -> None:
    async with world.api(SHARDS="2") as api, world.notifier(SHARDS="2") as notifier:
        operator = world.operator(api)
        assert (await operator("POST", "/api/ops/queues/high.1/pause")).status == 200
        await eventually(lambda: notifier.metric('punctual_shard_paused{queue="notifications.high.1"}'))
        booked = [await world.client(api).book() for _ in range(24)]

        async def divided() -> bool:
            waiting = (await shards_of(operator))["high.1"]["depth"]
            return bool(waiting and waiting + len(world.mails()) == len(booked))

        await eventually(divided)
        assert (await operator("POST", "/api/ops/queues/notifications.high.1/resume")).status == 200
        await each_told_once(world, booked)


@pytest.mark.slow
async def test_a_deleted_queue_of_an_earlier_number_is_forgotten(world: World) -> None:
    async with world.api(SHARDS="3") as api:
        booked = [await world.client(api).book() for _ in range(3)]
        await enqueued(world, 3)
    async with world.api(SHARDS="1") as api, world.notifier(SHARDS="1"):
        await each_told_once(world, booked)
        connection = await aio_pika.connect(world.amqp_url)
        async with connection, connection.channel() as channel:
            for number in (1, 2, 3):
                for priority in ("high", "normal"):
                    await channel.queue_delete(f"notifications.{priority}.{number}")
        operator = world.operator(api)

        async def one_queue() -> bool:
            return await shards_of(operator) == {}

        await eventually(one_queue, within=90)
        await each_told_once(world, [*booked, await world.client(api).book()])
