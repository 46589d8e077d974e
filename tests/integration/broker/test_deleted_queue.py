"""A queue that an operator deletes while all runs."""

import asyncio
import contextlib

import aio_pika
from aio_pika.abc import AbstractConnection

from shared.broker import BrokerSession, Subscription
from shared.errors import BrokerUnavailable
from tests.integration.broker.conftest import OpenSession
from tests.support.waiting import eventually, one_turn
from tests.support.world import World

HIGH = "notifications.high"


async def restore_until(stopped: asyncio.Event, session: BrokerSession) -> None:
    """Not until it is cancelled: a library can turn that into an error."""
    while not stopped.is_set():
        with contextlib.suppress(BrokerUnavailable):
            await session.restore()
        await one_turn()


async def test_a_subscription_ends_with_its_queue_however_soon_that_is_declared_again(
    world: World, open_session: OpenSession
) -> None:
    """RabbitMQ carries a consumer over to the new queue where that exists by the time the channel hears of the
    deletion, without a cancel and without deliveries from then on."""
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, open_session() as session, open_session() as other:
        stopped = asyncio.Event()
        restoring = asyncio.create_task(restore_until(stopped, other))
        for _ in range(4):
            await ends_with_its_queue(session, connection)
        stopped.set()
        await restoring


async def ends_with_its_queue(session: BrokerSession, connection: AbstractConnection) -> None:
    async def there() -> bool:
        return await session.depth(HIGH) is not None

    await eventually(there)
    subscription = await Subscription.open(session, HIGH, prefetch=10)
    async with connection.channel() as channel:
        await channel.queue_delete(HIGH)
    await eventually(lambda: subscription.ended)
    await subscription.close()


async def test_what_was_deleted_is_declared_and_bound_again(world: World, open_session: OpenSession) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, open_session() as session:
        async with connection.channel() as channel:
            await channel.queue_delete(HIGH)
            await channel.exchange_delete("notifications")
        assert await session.depth(HIGH) is None
        await session.restore()
        async with connection.channel() as channel:
            exchange = await channel.get_exchange("notifications", ensure=False)
            await exchange.publish(aio_pika.Message(b"one"), "high")
        assert await eventually(lambda: session.depth(HIGH)) == 1
