"""A subscription that changes its channel while nothing comes loses nothing, and obeys a pause."""

import asyncio
import random

import aio_pika
import pytest

from shared.broker import Subscription, subscription
from tests.integration.broker.conftest import OpenSession, depth_is
from tests.support.waiting import eventually
from tests.support.world import World

HIGH = "notifications.high"


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if years went by between two messages."""
    monkeypatch.setattr(subscription, "IDLE", 0.001)


@pytest.mark.usefixtures("restless")
async def test_whatever_comes_while_it_changes_its_channel_is_received_and_settled(
    world: World, open_session: OpenSession
) -> None:
    chance, wanted, seen = random.Random(20261125), {str(n) for n in range(200)}, set[str]()
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel, open_session() as session:
        consuming = await Subscription.open(session, HIGH, prefetch=10)

        async def consume() -> None:
            while not consuming.ended:
                for delivery in await consuming.next(10):
                    await consuming.ack(delivery)
                    seen.add(delivery.body.decode())

        task = asyncio.create_task(consume())
        for body in wanted:
            await channel.default_exchange.publish(aio_pika.Message(body.encode()), HIGH)
            await asyncio.sleep(chance.choice((0.0, 0.001, 0.02)))  # where in a change it comes is the point here
        await eventually(lambda: seen == wanted)
        assert not consuming.ended
        await consuming.close()
        await task
        await depth_is(session, 0)


@pytest.mark.usefixtures("restless")
async def test_a_paused_subscription_stays_paused(world: World, open_session: OpenSession) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel, open_session() as session:
        consuming = await Subscription.open(session, HIGH, prefetch=10)
        for _ in range(20):
            await consuming.pause()
            await channel.default_exchange.publish(aio_pika.Message(b"one"), HIGH)
            assert await eventually(lambda: session.depth(HIGH)) == 1
            assert not consuming.receiving
            await consuming.resume()
            [delivery] = await consuming.next(1)
            await consuming.ack(delivery)
        await consuming.close()
