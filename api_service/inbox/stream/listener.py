"""Learns from the live exchange which clients have new notifications, and publishes those of this process there."""

import asyncio
import math
from contextlib import aclosing
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from api_service.inbox.stream.hub import Hub
from shared.broker import BrokerSession, Delivery, sessions
from shared.broker import live_message as live
from shared.broker.live_exchange import LiveNews, subscribe
from shared.broker.topology import LIVE_EXCHANGE, Topology
from shared.errors import EnvelopeError
from shared.process.instance import instance
from shared.process.lifecycle import is_cancelled
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.stream")

BATCH: Final = 1_000
PAUSE: Final = 1.0


class Listener:
    def __init__(self, amqp_url: str, hub: Hub) -> None:
        self.news = LiveNews()
        self._amqp_url = amqp_url
        self._hub = hub

    async def run(self) -> None:
        """Reconnects for ever. Meanwhile open streams read the table every STREAM_INTERVAL."""
        await run_loop("live", self._keep_connected, may_take=math.inf)

    async def _keep_connected(self) -> float:
        each = sessions(self._amqp_url, name=f"punctual-live {instance()}", topology=self._topology)
        async with aclosing(each):
            async for session in each:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(session))
                    group.create_task(self.news.run(session))
        return 0.0

    async def _topology(self, *_: object) -> Topology:
        return Topology([LIVE_EXCHANGE], [])

    async def _listen(self, session: BrokerSession) -> None:
        await run_loop("live-listen", partial(self._subscribe, session), may_take=math.inf, until=session.ended)

    async def _subscribe(self, session: BrokerSession) -> float:
        """Consumes one queue until it ends."""
        subscription = await subscribe(session)
        try:
            # for the news of the time in which nobody listened
            self._hub.wake_all()
            # checked before each wait: the last await may have swallowed the request to stop
            while not is_cancelled() and (deliveries := await subscription.next(BATCH)):
                for delivery in deliveries:
                    self._hub.tell(_keys(delivery))
        finally:
            await subscription.close()
        return PAUSE


def _keys(delivery: Delivery) -> list[str]:
    try:
        return live.parse(delivery.body)
    except EnvelopeError as error:
        log.warning("live message cannot be read", error=str(error))
        return []


NEWS: Final = web.AppKey("news", LiveNews)
