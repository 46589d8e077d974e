"""A session whose connection has ended says that the broker is away, whatever it is asked for."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from shared.broker import BrokerSession, sessions
from shared.broker.topology import Topology, topology
from shared.errors import BrokerUnavailable
from tests.support.world import World


async def _ours(node: str) -> Topology:
    return topology([1.0])


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session.channel(prefetch=1),
        lambda session: session.depth("notifications.high"),
        lambda session: session.depths(),
        lambda session: session.has_exchange("notifications"),
        lambda session: session.declare(topology([1.0])),
        lambda session: session.restore(),
    ],
)
async def test_it_raises_that_the_broker_is_away(
    world: World, use: Callable[[BrokerSession], Awaitable[object]]
) -> None:
    async with aclosing(sessions(world.amqp_url, name="test", topology=_ours)) as opened:
        session = await anext(opened)
    with pytest.raises(BrokerUnavailable):
        await use(session)
