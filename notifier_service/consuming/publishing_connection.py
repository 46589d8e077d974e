"""A connection for the notifier's own publishing.

A broker that is short of memory or disk blocks every connection that publishes, and reads nothing from it, not even
acks. On a shared connection the consumers, which could relieve the broker, would stand still
(https://www.rabbitmq.com/docs/alarms).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from shared.broker import Publisher, sessions
from shared.broker.live_exchange import LiveNews
from shared.broker.topology import Topology
from shared.process.instance import instance
from shared.process.loops import run_loop


class Outgoing:
    def __init__(self, amqp_url: str, topology: Callable[[str], Awaitable[Topology]], news: LiveNews) -> None:
        self._amqp_url = amqp_url
        self._topology = topology
        self._news = news
        self.publisher: Publisher | None = None

    async def run(self) -> None:
        """Stays connected until cancelled, and publishes the news. `publisher` is None while it is not connected."""
        await run_loop("outgoing", self._keep_connected, may_take=math.inf)

    async def _keep_connected(self) -> float:
        each = sessions(self._amqp_url, name=f"punctual-notifier-publisher {instance()}", topology=self._topology)
        async with aclosing(each):
            async for session in each:
                self.publisher = session.publisher
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._news.run(session))
                        group.create_task(session.watch())
                finally:
                    self.publisher = None
        return 0.0
