"""Owns the connection to RabbitMQ: connects again for ever, applies the topology, publishes with confirms."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Container, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import aio_pika
import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import AbstractChannel as UnderlayChannel
from pamqp.commands import Basic

from shared.backoff import reconnect_delays
from shared.envelope import CONTENT_TYPE, PERSISTENT, Envelope
from shared.errors import BrokerUnavailable, PublishRefused
from shared.topology import DELAYED_EXCHANGE, Topology

log = structlog.get_logger("shared.broker")

HEARTBEAT: Final = 10
"""Seconds; a peer that is paused or cut off is noticed within two of them."""
AWAY: Final = (
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    ConnectionError,
    OSError,
    TimeoutError,
    RuntimeError,  # aio-pika: "connection closed" and its kin
)
SETTLING: Final = 1.0
"""Seconds that a deleted queue stays away before it is declared again. RabbitMQ cancels its consumers when their
channels hear of the deletion, unless the queue exists again by then: it carries them over without a word, and
nothing is delivered to them any more (seen on 3.10)."""


@contextmanager
def reaching() -> Iterator[None]:
    """Raises BrokerUnavailable for what aio-pika raises about a broker that is away or refuses."""
    try:
        yield
    except AWAY as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Parcel:
    """An envelope and where it goes. Held back by the broker, it must not be `mandatory`: the delayed
    exchange answers NO_ROUTE for whatever it holds."""

    exchange: str
    routing_key: str
    envelope: Envelope
    mandatory: bool = True
    headers: Mapping[str, int] = field(default_factory=dict)


class Publisher:
    """A channel in confirm mode. A message counts as published only when the broker has confirmed it
    and has not returned it."""

    def __init__(self, channel: UnderlayChannel, *, timeout: float) -> None:
        self._channel = channel
        self._timeout = timeout

    async def publish(self, parcel: Parcel) -> None:
        """Returns after the confirm.

        Raises PublishRefused (nack, return), BrokerUnavailable (closed, or no answer in time: it may or may
        not have arrived).
        """
        envelope = parcel.envelope
        properties = Basic.Properties(
            content_type=CONTENT_TYPE,
            delivery_mode=PERSISTENT,
            message_id=envelope.message_id,
            message_type=envelope.type,
            correlation_id=envelope.correlation_id,
            headers={**envelope.headers, **parcel.headers},
        )
        with reaching():
            try:
                await self._channel.basic_publish(
                    envelope.body,
                    exchange=parcel.exchange,
                    routing_key=parcel.routing_key,
                    properties=properties,
                    mandatory=parcel.mandatory,
                    timeout=self._timeout,
                )
            except aiormq.exceptions.DeliveryError as error:
                raise PublishRefused(f"{parcel.exchange} refused {envelope.message_id}") from error

    async def publish_all(self, parcels: Sequence[Parcel]) -> list[PublishRefused | BrokerUnavailable | None]:
        """Publishes with all confirms outstanding at once; None for each that was confirmed."""
        results = await asyncio.gather(*map(self.publish, parcels), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, PublishRefused | BrokerUnavailable):
                raise result
        return results  # type: ignore[return-value]  # narrowed by the loop


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
    url: str, *, name: str, topology: Callable[[], Awaitable[Topology]], publish_timeout: float = 10.0
) -> AsyncGenerator[BrokerSession, None]:
    """Yields a session each time the broker was reached and the topology applied, until it is abandoned.

    Use as `async with aclosing(sessions(…)) as each: async for session in each`, and let the body end when
    `session.wait_closed()` returns.
    """
    delays = reconnect_delays(random.random())  # noqa: S311 - spreads reconnects, guards nothing
    while True:
        try:
            async with _session(url, name, publish_timeout) as session:
                await session.declare(await topology())
                log.info("broker connected", connection=name)
                delays = reconnect_delays(random.random())  # noqa: S311 - as above
                yield session
                log.warning("broker connection ended", connection=name)
        except BrokerUnavailable as error:
            log.warning("broker unavailable", connection=name, error=str(error))
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
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            publisher = Publisher(await channel.get_underlay_channel(), timeout=publish_timeout)
        yield BrokerSession(connection, publisher)


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(5):
            await connection.close()
    except AWAY as error:
        log.debug("broker connection closed uncleanly", error=str(error))
