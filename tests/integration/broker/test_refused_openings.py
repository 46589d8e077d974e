"""A broker that refuses a connection as it is opened: what the log then says names the cause."""

import aio_pika
import pytest

from shared.broker.errors import translated
from shared.errors import BrokerUnavailable
from tests.support.world import World


async def test_a_virtual_host_that_is_not_there_is_named_as_a_cause(world: World) -> None:
    with pytest.raises(BrokerUnavailable, match="virtual host"), translated():
        await aio_pika.connect(f"{world.amqp_url}-not-there")
