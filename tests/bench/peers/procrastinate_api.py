"""procrastinate behind the peers' API: the job is deferred in the booking's transaction. `python -m … PORT`."""

import sys
from collections.abc import AsyncIterator

from aiohttp import web

from tests.bench.peers.api import Booking, serve
from tests.bench.peers.procrastinate_app import app as jobs
from tests.bench.peers.procrastinate_app import confirm, connector
from tests.bench.peers.schema import BOOK, percents


async def connected(_: web.Application) -> AsyncIterator[None]:
    async with jobs.open_async():
        yield


async def store(_: web.Application, booking: Booking) -> None:
    async with connector.pool.connection() as database, database.transaction():
        await database.execute(percents(BOOK), booking.row)
        await confirm.configure(connection=database).defer_async(appointment_id=str(booking.id))


if __name__ == "__main__":
    serve(int(sys.argv[1]), connected, store)
