"""The live exchange: tells every API process which clients have new in-app notifications.

Best effort and transient. When a message is lost here, a stream sees the notification at its next look at the table.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from aiormq.abc import AbstractChannel
from pamqp.commands import Basic
from prometheus_client import Counter

from shared.broker import BrokerSession, Subscription
from shared.broker import aiormq_7_2 as fast
from shared.broker import live_message as live
from shared.broker.errors import translated
from shared.broker.topology import LIVE_EXCHANGE
from shared.errors import BrokerUnavailable
from shared.ids import new_id
from shared.jobs.envelope import CONTENT_TYPE
from shared.process.instance import instance
from shared.process.library_internals import usable
from shared.process.loops import run_loop
from shared.process.metrics import closed

BUNDLE: Final = 100
"""The largest number of clients in one message: while a backlog drains, one message serves a hundred mails."""
PAUSE: Final = 0.02
"""Seconds that clients gather after a message. The first one after a quiet time is published at once."""
MOST_WAITING: Final = 10_000
EVERYTHING: Final = "#"
"""One binding for each process, and filtering there. 200 messages a second cost less than 1,000 bindings that come and
go with their streams: each would change the broker's cluster-wide metadata."""
MOST_QUEUED: Final = 10_000
_PREFETCH: Final = 100
_TIMEOUT: Final = 5.0
_TRANSIENT: Final = Basic.Properties(content_type=CONTENT_TYPE, message_type=live.TYPE, delivery_mode=1)

MESSAGES = closed(
    Counter(
        "punctual_live_clients_told_total",
        "Clients whose open streams were to be told of a change, by what became of it: published, or lost (no broker,"
        " or too many were waiting). A stream finds what was lost by its next look at the table.",
        ["outcome"],
    ),
    ("published", "lost"),
)


class LiveNews:
    """Collects the clients whose notifications have changed, and publishes them beside the work. Telling it costs one
    insert into a set; it never waits and never fails."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._changed = asyncio.Event()

    def tell(self, client_id: str) -> None:
        """To be called after the commit that has changed a client's notifications."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting[live.client_key(client_id)] = None
            self._changed.set()
        else:
            MESSAGES.labels("lost").inc()

    async def run(self, session: BrokerSession) -> None:
        """Publishes for as long as the session lasts."""
        channel: AbstractChannel | None = None

        async def turn() -> float:
            nonlocal channel
            self._changed.clear()
            keys, self._waiting = self._waiting, {}
            try:
                if channel is None or channel.is_closed:
                    channel = await _channel(session)
                for bundle in _bundles(keys):
                    await _publish(channel, bundle)
            except BrokerUnavailable:
                MESSAGES.labels("lost").inc(len(keys))  # their streams see it at their next look at the table
                raise
            MESSAGES.labels("published").inc(len(keys))
            return PAUSE

        await run_loop("live-news", turn, ready=self._changed.wait, until=session.ended)


async def subscribe(session: BrokerSession) -> Subscription:
    """Receives all messages from now on, in a queue of this connection alone. Raises BrokerUnavailable."""
    channel = await _channel(session)
    with translated():
        # exclusive, since 4.3 allows transient queues only so; with its type, since a virtual host's default may be
        # quorum; the management UI shows its name; it ends with its connection; no other connection may use it
        queue = f"{LIVE_EXCHANGE.name} {instance()} {new_id()}"
        await channel.queue_declare(
            queue,
            durable=False,
            exclusive=True,
            auto_delete=True,
            arguments={"x-queue-type": "classic", "x-max-length": MOST_QUEUED, "x-overflow": "drop-head"},
        )
        await channel.queue_bind(queue, LIVE_EXCHANGE.name, routing_key=EVERYTHING)
        await channel.close()
    return await Subscription.open(session, queue, prefetch=_PREFETCH, no_ack=True)


async def _channel(session: BrokerSession) -> AbstractChannel:
    """Without confirms. The exchange is declared first, since an operator may have deleted it."""
    channel = await session.channel(prefetch=_PREFETCH)
    with translated():
        underlay = await channel.get_underlay_channel()
        await underlay.exchange_declare(
            LIVE_EXCHANGE.name, exchange_type=LIVE_EXCHANGE.type, durable=LIVE_EXCHANGE.durable
        )
    return underlay


def _bundles(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while bundle := list(islice(rest, BUNDLE)):
        yield bundle


async def _publish(channel: AbstractChannel, keys: Sequence[str]) -> None:
    """Publishes without a confirm, since the table has the notification in any case. Raises BrokerUnavailable."""
    body, routing_key = live.build(keys), live.routing_key(keys)
    with translated():
        if usable(fast.INTERNALS):
            async with asyncio.timeout(_TIMEOUT):
                await fast.publish_transient(channel, LIVE_EXCHANGE.name, routing_key, live.TYPE, body)
            return
        await channel.basic_publish(
            body, exchange=LIVE_EXCHANGE.name, routing_key=routing_key, properties=_TRANSIENT, timeout=_TIMEOUT
        )
