"""Opens connections to RabbitMQ, reconnects for ever, and closes within bounds."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from time import monotonic
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection

from shared.broker.errors import translated
from shared.broker.session import BrokerSession
from shared.broker.topology import Topology
from shared.errors import BrokerUnavailable
from shared.process.backoff import reconnect_delays
from shared.process.lifecycle import is_cancelled

log = structlog.get_logger("shared.broker")

HEARTBEAT: Final = 10
"""Seconds. A paused or unreachable peer is noticed within two heartbeats."""
LONGEST_WAIT: Final = 1.0
"""Seconds between two attempts to connect. Short, since mails wait when a broker is back, and an attempt costs
little."""
TOLD_EVERY: Final = 30.0
"""Seconds between two log lines about the same outage."""
CLOSES_WITHIN: Final = 5.0
"""Seconds that the broker has to confirm a close."""


async def sessions(
    url: str,
    *,
    name: str,
    topology: Callable[[str], Awaitable[Topology]],
    publish_timeout: float = 10.0,
    away: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[BrokerSession, None]:
    """Yields a new session each time that the broker was reached and the topology applied, until the caller stops.

    `url` may name the nodes of a cluster with commas between them; they are tried in turn, from a random one.
    `topology` is asked for the node that was reached. `away` is called with the reason when no node was reached.

    Use `async with aclosing(sessions(…)) as each: async for session in each`, and end the body when `session.ended` is
    set.
    """
    delays = reconnect_delays(random.random(), cap=LONGEST_WAIT)  # noqa: S311 - spreads reconnects, guards nothing
    nodes = cycle(_in_random_order(url.split(",")))
    silent_until = 0.0
    while True:
        node = next(nodes)
        try:
            async with _session(node, name, publish_timeout) as session:
                await session.declare(await topology(node))
                log.info("broker connected", connection=name)
                silent_until = 0.0
                delays = reconnect_delays(random.random(), cap=LONGEST_WAIT)  # noqa: S311 - as above
                yield session
                log.warning("broker connection ended", connection=name)
        except BrokerUnavailable as error:
            away(str(error))
            if monotonic() >= silent_until:
                log.warning("broker unavailable", connection=name, error=str(error))
                silent_until = monotonic() + TOLD_EVERY
        if is_cancelled():
            raise asyncio.CancelledError
        await asyncio.sleep(next(delays))


@asynccontextmanager
async def _session(url: str, name: str, publish_timeout: float) -> AsyncIterator[BrokerSession]:
    with translated():
        connection = await aio_pika.connect(
            url,
            timeout=10,
            heartbeat=HEARTBEAT,
            client_properties={"connection_name": name},
        )
    session = BrokerSession(connection, publish_timeout=publish_timeout)
    try:
        yield session
    finally:
        session.publisher.forget()
        await close(connection)


def _in_random_order(nodes: list[str]) -> list[str]:
    """Starts at a random node, so that the connections of many instances spread over a cluster."""
    return random.sample(nodes, k=len(nodes))


async def close(connection: AbstractConnection) -> None:
    """Closes a connection in whatever state."""
    try:
        with translated():
            async with asyncio.timeout(CLOSES_WITHIN):
                await connection.close()
    except BrokerUnavailable as error:
        log.debug("broker connection closed uncleanly", error=str(error))
