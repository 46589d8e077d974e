"""A session with a world's broker."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import pytest

from shared.broker import BrokerSession, sessions
from shared.broker.topology import Topology, topology
from tests.support.world import World

OpenSession = Callable[[], AbstractAsyncContextManager[BrokerSession]]


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
