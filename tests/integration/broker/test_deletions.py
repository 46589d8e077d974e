"""What an operator can take away in the management UI while mail goes out: each is there again, and so is the mail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import aio_pika
import pytest

from deploy.local.rabbitmq import USER, RabbitMQ
from shared.broker.topology import WORK, topology
from tests.support.client import Client
from tests.support.management import management
from tests.support.services import Service
from tests.support.waiting import eventually, paced
from tests.support.world import World

NAMES: Final = topology([0.2, 0.3, 0.4, 0.5])
EVERYTHING: Final = {"configure": ".*", "write": ".*", "read": ".*"}


@asynccontextmanager
async def load(client: Client) -> AsyncIterator[list[dict[str, Any]]]:
    """Books again and again, and gathers what was answered."""
    booked: list[dict[str, Any]] = []

    async def book() -> None:
        async for _ in paced(0.05):
            booked.append(await client.book())  # noqa: PERF401 - each shows at once

    task = asyncio.create_task(book())
    try:
        yield booked
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def next_mail(world: World, client: Client) -> None:
    appointment = await client.book()
    [job] = [job for job in appointment["jobs"] if job["kind"] == "appointment_created_email"]

    def arrived() -> bool:
        return any(job["id"] in mail["headers"]["Message-ID"] for mail in world.mails())

    await eventually(arrived)


async def told(world: World, booked: list[dict[str, Any]]) -> None:
    async def all_succeeded() -> bool:
        row = await world.database.fetchrow(
            "SELECT count(*) FROM jobs WHERE kind = 'appointment_created_email' AND state <> 'succeeded'"
        )
        return row is not None and row[0] == 0

    await eventually(all_succeeded)
    assert len({mail["headers"]["Message-ID"] for mail in world.mails("confirmed")}) >= len(booked)


async def degraded(api: Service) -> bool:
    return '"degraded"' in (await api.text("/readyz") or "")


async def ok(api: Service) -> bool:
    return '"ok"' in (await api.text("/readyz") or "") and not await degraded(api)


async def blocked(api: Service) -> bool:
    return await api.metric(f'punctual_publisher_blocked{{exchange="{WORK}"}}') == 1


@pytest.mark.timeout(600)
@pytest.mark.slow
async def test_every_exchange_and_queue_in_turn_under_load(world: World) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with world.api() as api, world.notifier(), connection:
        client = world.client(api)
        async with load(world.client(api, "load")) as booked:
            await next_mail(world, client)
            for exchange in NAMES.exchanges:
                async with connection.channel() as channel:
                    await channel.exchange_delete(exchange.name)
                await next_mail(world, client)
            for queue in NAMES.queues:
                async with connection.channel() as channel:
                    await channel.queue_delete(queue.name)
                await next_mail(world, client)
        await told(world, booked)
        await api.shows('punctual_publisher_blocked{exchange="notifications"}', 0)


async def replaced(queue: str, connection: aio_pika.abc.AbstractConnection, arguments: dict[str, Any]) -> bool:
    """Deletes the queue and declares another, unless a service has declared its own again in between."""
    async with connection.channel() as channel:
        await channel.queue_delete(queue)
        try:
            await channel.declare_queue(queue, durable=True, arguments=arguments)
        except aio_pika.exceptions.ChannelPreconditionFailed:
            return False
    return True


@pytest.mark.parametrize(
    "arguments", [pytest.param({"x-queue-type": "classic"}, marks=pytest.mark.slow), {"x-queue-type": "quorum"}]
)
async def test_a_queue_that_was_replaced_by_another(world: World, arguments: dict[str, Any]) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with world.api() as api, world.notifier(), connection:
        client = world.client(api)
        await next_mail(world, client)
        await eventually(lambda: replaced("notifications.high", connection, arguments))
        await next_mail(world, client)
        await next_mail(world, client)


async def test_permissions_that_are_removed_and_given_back(world: World, rabbitmq: RabbitMQ) -> None:
    path = f"/api/permissions/{quote(world.vhost, safe='')}/{USER}"
    async with world.api() as api, world.notifier():
        client = world.client(api)
        await next_mail(world, client)
        await management(rabbitmq, "PUT", path, dict.fromkeys(EVERYTHING, "^$"))

        async def cut_off() -> bool:
            """A channel remembers for a while what it may do, and the list of connections may be seconds behind."""
            listing = f"/api/vhosts/{quote(world.vhost, safe='')}/connections"
            for each in await management(rabbitmq, "GET", listing):
                await management(rabbitmq, "DELETE", f"/api/connections/{quote(each['name'], safe='')}")
            return await degraded(api)

        await eventually(cut_off, every=0.5)
        booked = await client.book()
        await management(rabbitmq, "PUT", path, EVERYTHING)
        await next_mail(world, client)
        await eventually(lambda: ok(api))
        await told(world, [booked])


async def test_write_permission_alone_that_is_removed_is_told(world: World, rabbitmq: RabbitMQ) -> None:
    path = f"/api/permissions/{quote(world.vhost, safe='')}/{USER}"
    async with world.api() as api, world.notifier():
        client = world.client(api)
        # a service that has not declared its queues yet could not: it would be without a broker, not blocked
        await eventually(lambda: ok(api))
        # a channel remembers what it may do; nothing was published yet
        await management(rabbitmq, "PUT", path, EVERYTHING | {"write": "^notifications\\..*"})
        await client.book()
        await eventually(lambda: blocked(api))
        await eventually(lambda: degraded(api))
        await management(rabbitmq, "PUT", path, EVERYTHING)
        await next_mail(world, client)
        await eventually(lambda: ok(api))


async def test_a_virtual_host_that_is_deleted_and_made_again(world: World, rabbitmq: RabbitMQ) -> None:
    vhost = f"/api/vhosts/{quote(world.vhost, safe='')}"
    async with world.api() as api, world.notifier():
        client = world.client(api)
        await next_mail(world, client)
        await management(rabbitmq, "DELETE", vhost)
        booked = [await client.book() for _ in range(3)]
        await eventually(lambda: degraded(api))
        await management(rabbitmq, "PUT", vhost)
        await management(rabbitmq, "PUT", f"/api/permissions/{quote(world.vhost, safe='')}/{USER}", EVERYTHING)
        await next_mail(world, client)
        await told(world, booked)
