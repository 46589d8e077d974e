"""A session with a world's broker."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Final

import pytest

from shared.broker import BrokerSession, sessions
from shared.broker.topology import Topology, topology
from tests.support.waiting import eventually
from tests.support.world import World

HIGH: Final = "notifications.high"
OpenSession = Callable[[], AbstractAsyncContextManager[BrokerSession]]


async def depth_is(session: BrokerSession, messages: int, queue: str = HIGH, *, or_more: bool = False) -> None:
    """Returns once so many messages wait in the queue. A broker that is busy says 0 of a quorum queue that does not
    answer it within 250 ms (rabbit_quorum_queue:stat)."""

    async def is_so() -> bool:
        found = await session.depth(queue)
        assert found is not None
        assert found == messages or (or_more and found > messages), f"{found} messages, not {messages}"
        return True

    await eventually(is_so)


@pytest.fixture
def open_session(world: World) -> OpenSession:
    @asynccontextmanager
    async def one() -> AsyncIterator[BrokerSession]:
        async def everything(_: str) -> Topology:
            return topology([0.2])

        async with aclosing(sessions(world.amqp_url, name="tests", topology=everything)) as each:
            async for session in each:
                yield session
                return

    return one
