"""aiohttp, asyncpg and aio-pika by hand: the row is committed, then its message is published and confirmed.
`python -m … PORT`."""

import os
import sys
from collections.abc import AsyncIterator

import aio_pika
import asyncpg
from aiohttp import web

from tests.bench.peers.api import Booking, serve
from tests.bench.peers.storing import insert

QUEUE = "bookings"
POOL = web.AppKey("pool", asyncpg.Pool)
CHANNEL = web.AppKey("channel", aio_pika.abc.AbstractChannel)


async def connected(app: web.Application) -> AsyncIterator[None]:
    async with (
        asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool,
        await aio_pika.connect_robust(os.environ["AMQP_URL"]) as connection,
        connection.channel() as channel,
    ):
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        app[POOL], app[CHANNEL] = pool, channel
        yield


async def store(app: web.Application, booking: Booking) -> None:
    await insert(app[POOL], booking)
    message = aio_pika.Message(str(booking.id).encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await app[CHANNEL].default_exchange.publish(message, QUEUE)


if __name__ == "__main__":
    serve(int(sys.argv[1]), connected, store)
