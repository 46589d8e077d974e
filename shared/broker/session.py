"""One connection to RabbitMQ from its opening to its end: its channels, its topology, its publisher."""

import asyncio
from collections.abc import Callable, Set
from time import monotonic
from typing import Final

import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import AbstractChannel as UnderlayChannel
from prometheus_client import Gauge

from shared.broker.declaring import declare
from shared.broker.errors import translated
from shared.broker.publisher import Publisher
from shared.broker.topology import DELAYED_EXCHANGE, Topology
from shared.errors import BrokerUnavailable
from shared.process.loops import run_loop

log = structlog.get_logger("shared.broker")

SETTLING: Final = 1.0
"""Seconds that a deleted queue stays away before we declare it again.

RabbitMQ cancels the consumers of a deleted queue when their channels hear of it. If the queue exists again by then,
RabbitMQ keeps the consumers, and delivers nothing to them any more (seen on 3.10).
"""

WATCHING: Final = 1.0
"""Seconds between two attempts to publish to an exchange in trouble."""
COMPARING: Final = 60.0
"""Seconds between two comparisons of existing arguments with ours. Seldom: a queue that is deleted at that very moment
would be declared again before its consumers are told."""
CONFLICTS: Final = Gauge(
    "punctual_broker_conflicts",
    "1 for an exchange or queue that exists with another type or with other arguments than ours.",
    ["name"],
)


class BrokerSession:
    """Every operation raises BrokerUnavailable once the connection has ended."""

    def __init__(self, connection: AbstractConnection, *, publish_timeout: float) -> None:
        self._connection = connection
        self._topology = Topology((), ())
        self._conflicts: dict[str, str] = {}
        self._compared_at = monotonic()
        self._restoring = asyncio.Lock()
        self.lost_delayed: Callable[[], None] = lambda: None
        """Called when the delayed exchange was deleted, before it is declared again."""
        self.publisher = Publisher(self._for_publishing, timeout=publish_timeout, restore=self.restore)
        # connection.closed() would report only our own close()
        self.ended = asyncio.Event()
        """Set when the connection has ended, on either side."""
        connection.close_callbacks.add(lambda *_: self.ended.set())

    async def channel(self, *, prefetch: int) -> AbstractChannel:
        """Opens a channel for consuming, with at most `prefetch` unacknowledged messages. Raises BrokerUnavailable."""
        with translated():
            channel = await self._new_channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=prefetch)
        return channel

    async def depth(self, queue: str) -> int | None:
        """The number of ready messages in a queue; None when there is no such queue. Raises BrokerUnavailable."""
        with translated():
            try:
                async with self._new_channel(publisher_confirms=False) as channel:
                    answer = await (await channel.get_underlay_channel()).queue_declare(queue, passive=True)
            except aiormq.exceptions.ChannelNotFoundEntity:
                return None
        return answer.message_count or 0

    async def depths(self) -> dict[str, int | None]:
        """The number of ready messages of every declared queue. Raises BrokerUnavailable."""
        return {queue.name: await self.depth(queue.name) for queue in self._topology.queues}

    async def has_exchange(self, name: str) -> bool:
        """Whether an exchange of that name exists, of any type. Raises BrokerUnavailable."""
        with translated():
            try:
                async with self._new_channel(publisher_confirms=False) as channel:
                    await (await channel.get_underlay_channel()).exchange_declare(name, passive=True)
            except aiormq.exceptions.ChannelNotFoundEntity:
                return False
        return True

    async def declare(self, topology: Topology) -> None:
        """Applies the topology; repeating it changes nothing. An existing queue or exchange with other arguments is
        logged, and used as it is. Raises BrokerUnavailable."""
        self._topology = topology
        await self._declare()

    async def restore(self) -> None:
        """Declares again what an operator has deleted, after a short time. At times it also compares existing arguments
        with ours. Raises BrokerUnavailable, also when a queue is deleted meanwhile."""
        async with self._restoring:
            if DELAYED_EXCHANGE in self._topology.exchanges and not await self.has_exchange(DELAYED_EXCHANGE.name):
                self.lost_delayed()
            there = {queue.name for queue in self._topology.queues if await self.depth(queue.name) is not None}
            if len(there) < len(self._topology.queues):
                await asyncio.sleep(SETTLING)
            compares = monotonic() - self._compared_at >= COMPARING
            await self._declare(there=frozenset() if compares else there - self._conflicts.keys())

    async def _declare(self, there: Set[str] = frozenset()) -> None:
        with translated():
            conflicts = await declare(self._for_declaring, self._topology, there=there)
        if not there:
            self._compared_at = monotonic()
        names = {exchange.name for exchange in self._topology.exchanges}
        names |= {queue.name for queue in self._topology.queues}
        for name in names - there:
            if name in conflicts and name not in self._conflicts:
                log.error("differs from what we declare, and is used as it is", name=name, answer=conflicts[name])
            CONFLICTS.labels(name).set(name in conflicts)
        self._conflicts = conflicts

    async def watch(self) -> None:
        """While the session lasts, tries again and again whether an exchange in trouble takes messages. So nobody has
        to publish to it first."""

        async def turn() -> float:
            for exchange in self.publisher.troubled:
                if await self.publisher.check(exchange):
                    log.info("can publish again", exchange=exchange)
            return WATCHING

        await run_loop("broker-watch", turn, until=self.ended)

    def _new_channel(self, **options: bool) -> AbstractChannel:
        """A channel that opens when it is awaited or entered.

        Raises BrokerUnavailable when the connection has ended. aio-pika raises a RuntimeError then, which would count
        as our bug.
        """
        if self._connection.transport is None:
            raise BrokerUnavailable("the connection has ended")
        return self._connection.channel(**options)

    async def _for_declaring(self) -> UnderlayChannel:
        return await (await self._new_channel(publisher_confirms=False)).get_underlay_channel()

    async def _for_publishing(self) -> AbstractChannel:
        return await self._new_channel(publisher_confirms=True, on_return_raises=True)
