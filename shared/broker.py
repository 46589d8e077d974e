"""Owns the connection to RabbitMQ: connects again for ever, and applies the topology."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Container
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Final

import aio_pika
import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import AbstractChannel as UnderlayChannel

from shared.backoff import reconnect_delays
from shared.errors import BrokerUnavailable
from shared.lifecycle import is_cancelled
from shared.publisher import Publisher
from shared.reaching import AWAY, reaching
from shared.topology import DELAYED_EXCHANGE, Topology

log = structlog.get_logger("shared.broker")

HEARTBEAT: Final = 10
"""Seconds; a peer that is paused or cut off is noticed within two of them."""
SETTLING: Final = 1.0
"""Seconds that a deleted queue stays away before it is declared again. RabbitMQ cancels its consumers when their
channels hear of the deletion, unless the queue exists again by then: it carries them over without a word, and
nothing is delivered to them any more (seen on 3.10)."""


class BrokerSession:
    """One connection for as long as it lasts."""

    def __init__(self, connection: AbstractConnection, publisher: Publisher) -> None:
        self._connection = connection
        self._topology = Topology((), ())
        self.publisher = publisher
        # connection.closed() would tell of our own close() only
        self._gone = asyncio.Event()
        connection.close_callbacks.add(lambda *_: self._gone.set())

    async def channel(self, *, prefetch: int) -> AbstractChannel:
        """A channel for consuming, at most `prefetch` messages unacknowledged. Raises BrokerUnavailable."""
        with reaching():
            channel = await self._connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=prefetch)
        return channel

    async def depth(self, queue: str) -> int | None:
        """Messages that are ready in a queue; None when there is no such queue. Raises BrokerUnavailable."""
        with reaching():
            try:
                async with self._connection.channel(publisher_confirms=False) as channel:
                    answer = await (await channel.get_underlay_channel()).queue_declare(queue, passive=True)
            except aiormq.exceptions.ChannelNotFoundEntity:
                return None
        return answer.message_count or 0

    async def depths(self) -> dict[str, int | None]:
        """The same of every declared queue. Raises BrokerUnavailable."""
        return {queue.name: await self.depth(queue.name) for queue in self._topology.queues}

    async def declare(self, topology: Topology) -> None:
        """Applies the topology; repeating it changes nothing. Raises BrokerUnavailable."""
        self._topology = topology
        with reaching():
            async with self._connection.channel(publisher_confirms=False) as channel:
                await _declare(await channel.get_underlay_channel(), topology)

    async def restore(self) -> None:
        """Declares again what an operator has deleted, once it has been away for a moment. Raises BrokerUnavailable,
        also when a queue is deleted meanwhile."""
        there = {queue.name for queue in self._topology.queues if await self.depth(queue.name) is not None}
        if len(there) < len(self._topology.queues):
            await asyncio.sleep(SETTLING)
        with reaching():
            async with self._connection.channel(publisher_confirms=False) as channel:
                await _declare(await channel.get_underlay_channel(), self._topology, there=there)

    async def wait_closed(self) -> None:
        """Returns when the connection is gone, whoever ended it."""
        await self._gone.wait()


async def has_delayed_exchange(url: str, *, name: str) -> bool:
    """Whether the broker has the x-delayed-message type. Raises BrokerUnavailable.

    Asked on a connection of its own: a broker without the plugin answers by closing it (503 COMMAND_INVALID), and
    exchange types can be listed only through the management API.
    """
    with reaching():
        connection = await aio_pika.connect(url, timeout=10, client_properties={"connection_name": name})
        try:
            channel = await connection.channel(publisher_confirms=False)
            await _declare(await channel.get_underlay_channel(), Topology([DELAYED_EXCHANGE], []))
        except aiormq.exceptions.ConnectionCommandInvalid:
            return False
        finally:
            await _close(connection)
    return True


async def _declare(channel: UnderlayChannel, topology: Topology, *, there: Container[str] = ()) -> None:
    """Queues that are `there` are bound only."""
    for exchange in topology.exchanges:
        await channel.exchange_declare(
            exchange.name,
            exchange_type=exchange.type,
            durable=exchange.durable,
            arguments=dict(exchange.arguments),
        )
    for queue in topology.queues:
        if queue.name not in there:
            await channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
        for source, key in queue.bindings:
            await channel.queue_bind(queue.name, source, routing_key=key)


async def sessions(
    url: str, *, name: str, topology: Callable[[str], Awaitable[Topology]], publish_timeout: float = 10.0
) -> AsyncGenerator[BrokerSession, None]:
    """Yields a session each time the broker was reached and the topology applied, until it is abandoned.

    `url` may name the nodes of a cluster with commas between them: they are tried in turn, from a random one on.
    `topology` is asked of the node that was reached.
    Use as `async with aclosing(sessions(…)) as each: async for session in each`, and let the body end when
    `session.wait_closed()` returns.
    """
    delays = reconnect_delays(random.random())  # noqa: S311 - spreads reconnects, guards nothing
    nodes = cycle(_in_random_order(url.split(",")))
    while True:
        node = next(nodes)
        try:
            async with _session(node, name, publish_timeout) as session:
                await session.declare(await topology(node))
                log.info("broker connected", connection=name)
                delays = reconnect_delays(random.random())  # noqa: S311 - as above
                yield session
                log.warning("broker connection ended", connection=name)
        except BrokerUnavailable as error:
            log.warning("broker unavailable", connection=name, error=str(error))
        if is_cancelled():
            raise asyncio.CancelledError
        await asyncio.sleep(next(delays))


@asynccontextmanager
async def _session(url: str, name: str, publish_timeout: float) -> AsyncIterator[BrokerSession]:
    async with AsyncExitStack() as stack:
        with reaching():
            connection = await aio_pika.connect(
                url,
                timeout=10,
                heartbeat=HEARTBEAT,
                client_properties={"connection_name": name},
            )
            stack.push_async_callback(_close, connection)

            async def channel() -> AbstractChannel:
                return await connection.channel(publisher_confirms=True, on_return_raises=True)

            publisher = await Publisher.open(channel, timeout=publish_timeout)
        yield BrokerSession(connection, publisher)


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(5):
            await connection.close()
    except AWAY as error:
        log.debug("broker connection closed uncleanly", error=str(error))


def _in_random_order(nodes: list[str]) -> list[str]:
    """So that the connections of many instances spread over a cluster."""
    return random.sample(nodes, k=len(nodes))
