"""Checks whether the delayed exchange releases its messages: sends a message of our own, delayed by a second, again and
again.

The exchange has been seen to confirm and hold messages, and to release none
(https://github.com/rabbitmq/rabbitmq-delayed-message-exchange/issues/288). Nobody would notice before a reminder is
late, and a late reminder could also mean a slow worker.
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
"""Seconds after its time at which a canary counts as held."""
MISSES: Final = 2
"""Held canaries in a row until the exchange counts as silent."""


class Canary:
    def __init__(self, tell: Callable[[bool], Awaitable[None]]) -> None:
        """`tell` is called with whether the exchange delivers: at each change, and repeatedly while it does not."""
        self._tell = tell
        self._missed = 0
        self._queue = f"{DELAYED}.canary {instance()}"

    async def run(self, session: BrokerSession) -> None:
        """Sends one canary after another while the session lasts."""

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
        """Opens a queue of this connection alone. It is bound again each time, since an operator may have deleted the
        exchange."""
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
    """Whether the message came in time. True when the subscription has ended, since nobody knows then."""
    try:
        async with asyncio.timeout(AHEAD / 1000 + WITHIN):
            while not subscription.ended:
                if any(each.properties.message_id == message_id for each in await subscription.next(10)):
                    return True
    except TimeoutError:
        return False
    return True
