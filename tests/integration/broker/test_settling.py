"""Acks that are said together settle what was acked, and nothing else."""

import asyncio

from aio_pika import Message, connect

from shared.broker import Delivery, Subscription
from tests.integration.broker.conftest import OpenSession
from tests.support.waiting import eventually
from tests.support.world import World

HIGH = "notifications.high"


async def publish(world: World, number: int) -> None:
    connection = await connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        for n in range(number):
            await channel.default_exchange.publish(Message(str(n).encode()), HIGH)


async def received(subscription: Subscription, number: int) -> list[Delivery]:
    await eventually(lambda: subscription.waiting() == number)
    return await subscription.next(number)


async def test_what_was_acked_is_gone_and_what_was_not_comes_again(world: World, open_session: OpenSession) -> None:
    async with open_session() as session:
        await publish(world, 20)
        first = await Subscription.open(session, HIGH, prefetch=50)
        held = await received(first, 20)
        await asyncio.gather(*(first.ack(held[n]) for n in (2, 0, 1, 9, 5)))
        await first.reject(held[3])
        await asyncio.gather(*(first.ack(held[n]) for n in (4, 6, 12)), first.give_back([held[7]]))
        [again] = await received(first, 1)
        await first.ack(held[8])
        assert again.body == b"7"
        assert not first.ended
        await first.close()
        second = await Subscription.open(session, HIGH, prefetch=50)
        left = await received(second, 10)
        assert {int(each.body) for each in left} == {7, 10, 11, *range(13, 20)}
        await second.close()
