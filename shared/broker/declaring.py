"""Applies a topology to a broker, one exchange and one queue at a time, so that a conflict affects only itself."""

from collections.abc import Awaitable, Callable, Container, Iterator
from functools import partial
from typing import Any

from aiormq.abc import AbstractChannel as UnderlayChannel

from shared.broker.errors import BrokerErrorKind, meaning, reply_code
from shared.broker.topology import Exchange, Queue, Topology

OpenChannel = Callable[[], Awaitable[UnderlayChannel]]
Step = Callable[[UnderlayChannel], Awaitable[Any]]


async def declare(open_channel: OpenChannel, topology: Topology, *, there: Container[str] = ()) -> dict[str, str]:
    """Declares and binds. Queues in `there` are only bound.

    An exchange or a queue that exists with another type or other arguments (406), or belongs to another connection
    (405), stays as it is; the answer has the broker's words about it. Raises the drivers' errors about everything else.
    """
    conflicts: dict[str, str] = {}
    channel = await open_channel()
    try:
        for name, step in _steps(topology, there):
            if channel.is_closed:
                channel = await open_channel()
            try:
                await step(channel)
            except Exception as error:
                if meaning(error) is not BrokerErrorKind.ITEM and reply_code(error) != 405:
                    raise
                conflicts.setdefault(name, str(error))
    finally:
        if not channel.is_closed:
            await channel.close()
    return conflicts


def _steps(topology: Topology, there: Container[str]) -> Iterator[tuple[str, Step]]:
    for exchange in topology.exchanges:
        yield exchange.name, partial(declare_exchange, exchange)
    for queue in topology.queues:
        if queue.name not in there:
            yield queue.name, partial(_declare_queue, queue)
        for source, key in queue.bindings:
            yield queue.name, partial(_bind, queue.name, source, key)


async def declare_exchange(exchange: Exchange, channel: UnderlayChannel) -> None:
    """Raises the drivers' errors."""
    await channel.exchange_declare(
        exchange.name, exchange_type=exchange.type, durable=exchange.durable, arguments=dict(exchange.arguments)
    )


async def _declare_queue(queue: Queue, channel: UnderlayChannel) -> None:
    await channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))


async def _bind(queue: str, source: str, key: str, channel: UnderlayChannel) -> None:
    await channel.queue_bind(queue, source, routing_key=key)
