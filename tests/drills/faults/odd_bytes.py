"""Messages that nobody of ours would send, in every exchange and every queue, while all runs."""

import asyncio
from typing import Final

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection

from tests.drills.arena import Arena
from tests.drills.oddities import Oddity, RawString, oddities
from tests.support.waiting import eventually

_KEYS: Final = ("high", "normal", "200ms.high", "500ms.normal", "", "a.b.high", "\0.high", RawString.of(b"\xff.normal"))


_UNKEPT: Final = ("notifications.retry", "notifications.live")
"""Queues that keep nothing: what expires there would find no way on; streams drop what they cannot read."""


async def everywhere(arena: Arena) -> None:
    """Into each exchange with many keys, and by the default exchange into each queue; what was routed is remembered."""
    await arena.pause(1, 2)
    exchanges, queues = await arena.broker.names("exchanges"), await arena.broker.names("queues")
    targets = [(exchange, key) for exchange in exchanges for key in _KEYS] + [("", queue) for queue in queues]
    kept: set[bytes] = set()
    publisher = _Publisher(arena.world.amqp_url)
    for oddity in oddities(arena.chance):
        chosen = [each for each in targets if not (oddity.kills_broker and _is_retry(*each))]
        for exchange, key in arena.chance.sample(chosen, k=8):
            if await publisher.publish(exchange, key, oddity) and _is_kept(exchange, key):
                kept.add(oddity.body)
            arena.faults += 1
        await asyncio.sleep(0.02)
    await publisher.close()
    arena.notes.append(f"{arena.faults} odd messages, {len(kept)} different ones were queued")
    arena.expect("odd messages were queued", len(kept) > 50)
    try:
        await eventually(lambda: _all_kept(arena, kept), within=60, every=0.5)
    except AssertionError:
        missing = kept - await _bodies(arena)
        shortest = sorted(missing, key=len)[:3]
        arena.expect(f"{len(missing)} odd messages were not kept whole, among them {shortest}", held=False)


class _Publisher:
    """Publishes until the broker has confirmed, on another connection where it has closed the last one for what it was
    given. It asks for no message back: what comes back would break our own reader."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def publish(self, exchange: str, key: str, oddity: Oddity) -> bool:
        """Whether the broker has taken it: it closes the channel for some properties."""
        if self._channel is None or self._channel.is_closed:
            await self.close()
            self._connection = await aiormq.connect(self._url)
            self._channel = await self._connection.channel()
        try:
            await self._channel.basic_publish(
                oddity.body, exchange=exchange, routing_key=key, properties=oddity.properties
            )
        except aiormq.exceptions.AMQPError:
            return False
        return True

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def _is_retry(exchange: str, key: str) -> bool:
    """Whether a retry queue gets it, from which RabbitMQ itself dead-letters what expires."""
    return exchange == "notifications.retry" or key.startswith("notifications.retry")


def _is_kept(exchange: str, key: str) -> bool:
    """Whether some queue gets what is published so, which ends as a dead letter."""
    return (
        exchange == "notifications.dlx"
        or (exchange == "" and not key.startswith(_UNKEPT))
        or (exchange == "notifications" and key.rpartition(".")[2] in ("high", "normal"))
        or (exchange == "notifications.retry" and key in ("200ms.high", "500ms.normal"))
    )


async def _all_kept(arena: Arena, kept: set[bytes]) -> bool:
    return kept <= await _bodies(arena)


async def _bodies(arena: Arena) -> set[bytes]:
    return {bytes(row[0]) for row in await arena.world.database.fetch("SELECT DISTINCT body FROM dead_letters")}
