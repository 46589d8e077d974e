"""Celery behind the peers' API: the row is committed, then the task is sent. `python -m … PORT`."""

import os
import sys
from collections.abc import AsyncIterator

import asyncpg
from aiohttp import web

from tests.bench.peers.api import Booking, serve
from tests.bench.peers.celery_app import confirm
from tests.bench.peers.storing import insert

POOL = web.AppKey("pool", asyncpg.Pool)


async def connected(app: web.Application) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool:
        app[POOL] = pool
        yield


async def store(app: web.Application, booking: Booking) -> None:
    await insert(app[POOL], booking)
    # it blocks for a third of a millisecond; a thread for it was measured to be slower
    confirm.delay(str(booking.id))


if __name__ == "__main__":
    serve(int(sys.argv[1]), connected, store)
