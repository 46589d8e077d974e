"""The lifeline ends when it is told to, whatever it is asking the broker just then."""

import asyncio
import random
from contextlib import aclosing

from api_service.relay.lost_jobs import Lifeline
from api_service.relay.publishing import TicketPublisher
from api_service.relay.work_queues import WorkQueues
from shared.broker import sessions
from shared.broker.topology import Topology, topology
from shared.process.lifecycle import TaskGroup
from tests.support.world import World


async def test_a_lifeline_that_is_asking_the_broker_is_stopped(world: World) -> None:
    """aiormq may raise its own error in place of the CancelledError, which looks like a broker that is away."""

    async def everything(*_: object) -> Topology:
        return topology([0.2])

    chance = random.Random(20261124)
    async with aclosing(sessions(world.amqp_url, name="tests", topology=everything)) as each:
        session = await anext(each)
        for _ in range(40):
            queues = WorkQueues(world.database, shards=1)
            lifeline = Lifeline(world.database, TicketPublisher(world.database), queues, interval=0.001, grace=60)
            lifeline.connect(session)
            tasks = TaskGroup(lambda: None)
            tasks.start("lifeline", lifeline.run())
            await asyncio.sleep(chance.uniform(0.002, 0.03))  # where in its turn it is stopped is the point here
            async with asyncio.timeout(60):
                await tasks.stop()
