"""Hears on the live exchange whose notifications have changed, and tells there what this process has changed."""

import asyncio
from contextlib import aclosing
from typing import Final

import structlog

from api_service.inbox.hub import Hub
from shared import live
from shared.broker import BrokerSession, Delivery, sessions
from shared.errors import BrokerUnavailable, EnvelopeError
from shared.instance import instance
from shared.lifecycle import is_cancelled
from shared.live_exchange import LiveNews, subscribe
from shared.topology import LIVE_EXCHANGE, Topology

log = structlog.get_logger("api_service.stream")

BATCH: Final = 1_000
PAUSE: Final = 1.0


class Listener:
    def __init__(self, amqp_url: str, hub: Hub) -> None:
        self.news = LiveNews()
        self._amqp_url = amqp_url
        self._hub = hub

    async def run(self) -> None:
        """Connects again for ever; meanwhile open streams live on their looks at the table."""
        each = sessions(self._amqp_url, name=f"punctual-live {instance()}", topology=self._topology)
        async with aclosing(each):
            async for session in each:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(session))
                    group.create_task(self.news.run(session))

    async def _topology(self, *_: object) -> Topology:
        return Topology([LIVE_EXCHANGE], [])

    async def _listen(self, session: BrokerSession) -> None:
        closed = asyncio.ensure_future(session.wait_closed())
        try:
            while not (closed.done() or is_cancelled()):
                try:
                    await self._subscribe(session)
                except BrokerUnavailable as error:
                    log.warning("cannot hear of news, streams look for them", error=str(error))
                await asyncio.wait([closed], timeout=PAUSE)
        finally:
            closed.cancel()

    async def _subscribe(self, session: BrokerSession) -> None:
        """One queue, until it ends."""
        subscription = await subscribe(session)
        try:
            # what was told while nobody listened
            self._hub.wake_all()
            # asked before each wait: what has just been awaited may have swallowed the stop
            while not is_cancelled() and (deliveries := await subscription.next(BATCH)):
                for delivery in deliveries:
                    self._hub.tell(_keys(delivery))
        finally:
            await subscription.close()


def _keys(delivery: Delivery) -> list[str]:
    try:
        return live.parse(delivery.body)
    except EnvelopeError as error:
        log.warning("live message cannot be read", error=str(error))
        return []
