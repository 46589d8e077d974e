"""Finds out whether the delayed exchange releases what it holds: a message of our own, a second ahead, again and again.

It has been seen to hold messages and to release none, while it confirmed every one of them
(https://github.com/rabbitmq/rabbitmq-delayed-message-exchange/issues/288). Nobody else would notice before a reminder
is late, and then not tell it from a slow worker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from shared.broker import BrokerSession, Publication, Subscription
from shared.broker.errors import translated
from shared.broker.topology import DELAYED
from shared.errors import BrokerUnavailable, PublishRefused
from shared.ids import new_id
from shared.jobs.envelope import Envelope
from shared.process.instance import instance
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.relay")

AHEAD: Final = 1000
"""Milliseconds."""
EVERY: Final = 5.0
WITHIN: Final = 5.0
"""Seconds after its time that a canary counts as held."""
MISSES: Final = 2
"""Canaries in a row that were not released, before the exchange is said not to deliver."""


class Canary:
    def __init__(self, tell: Callable[[bool], Awaitable[None]]) -> None:
        """`tell` hears whether the exchange delivers, at each change and while it does not."""
        self._tell = tell
        self._missed = 0
        self._queue = f"{DELAYED}.canary {instance()}"

    async def run(self, session: BrokerSession) -> None:
        """Sends one after another for as long as the session lasts."""

        async def turn() -> float:
            try:
                await self._send(session)
            except BrokerUnavailable as error:
                log.debug("no canary sent", error=str(error))
            return EVERY

        await run_loop("relay-canary", turn, until=session.ended)

    async def _send(self, session: BrokerSession) -> None:
        await self._declare(session)
        subscription = await Subscription.open(session, self._queue, prefetch=10, no_ack=True)
        try:
            sent = Envelope(b"{}", str(new_id()), "canary", None, {})
            try:
                await session.publisher.publish(
                    Publication(DELAYED, self._queue, sent, mandatory=False, headers={"x-delay": AHEAD})
                )
            except PublishRefused as error:
                raise BrokerUnavailable(str(error)) from error
            heard = await _heard(subscription, sent.message_id)
        finally:
            await subscription.close()
        if not session.ended.is_set():
            await self._note(heard)

    async def _declare(self, session: BrokerSession) -> None:
        """A queue of this connection alone; bound again each time, since an operator may have deleted the exchange."""
        channel = await session.channel(prefetch=1)
        with translated():
            underlay = await channel.get_underlay_channel()
            await underlay.queue_declare(
                self._queue, durable=False, exclusive=True, arguments={"x-queue-type": "classic", "x-max-length": 10}
            )
            await underlay.queue_bind(self._queue, DELAYED, routing_key=self._queue)
            await channel.close()

    async def _note(self, heard: bool) -> None:
        self._missed = 0 if heard else self._missed + 1
        if heard or self._missed >= MISSES:
            await self._tell(heard)


async def _heard(subscription: Subscription, message_id: str) -> bool:
    """Whether the message came in time; one that came with an ended subscription counts as heard: nobody knows."""
    try:
        async with asyncio.timeout(AHEAD / 1000 + WITHIN):
            while not subscription.ended:
                if any(each.properties.message_id == message_id for each in await subscription.next(10)):
                    return True
    except TimeoutError:
        return False
    return True
