"""A stop while the broker is being reached."""

import asyncio
from contextlib import aclosing

from shared.broker import sessions
from shared.broker.topology import Topology
from shared.errors import BrokerUnavailable
from tests.support.world import World


async def test_connecting_ends_when_it_is_cancelled_even_where_a_library_turns_that_into_an_error(world: World) -> None:
    """aiormq and wait_for of Python 3.11 do so now and then: a few times in a hundred, seen with a broker away."""
    reached = asyncio.Event()

    async def slow_topology(*_: object) -> Topology:
        reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BrokerUnavailable("closed while it was cancelled") from None
        return Topology([], [])

    async def connect() -> None:
        async with aclosing(sessions(world.amqp_url, name="tests", topology=slow_topology)) as each:
            async for session in each:
                await session.ended.wait()

    task = asyncio.create_task(connect())
    await reached.wait()
    task.cancel()
    await asyncio.wait([task], timeout=60)
    assert task.cancelled()
