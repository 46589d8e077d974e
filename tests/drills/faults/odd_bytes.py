"""Messages that nobody of ours would send, in every exchange and every queue, while all runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiormq
from aiormq.abc import AbstractChannel

from tests.drills.arena import Arena
from tests.drills.oddities import STRINGS, Oddity, oddities
from tests.support.waiting import eventually

LIVE: Final = "notifications.live"
_KEYS: Final = ("high", "normal", "200ms.high", "500ms.normal", "", "a.b.c.high", "\0.high", STRINGS[-1] + ".normal")


async def everywhere(arena: Arena) -> None:
    """Into each exchange with many keys, and by the default exchange into each queue; what was routed is remembered."""
    await arena.pause(1, 2)
    exchanges, queues = await arena.broker.names("exchanges"), await arena.broker.names("queues")
    targets = [(exchange, key) for exchange in exchanges for key in _KEYS] + [("", queue) for queue in queues]
    kept: set[bytes] = set()
    async with _channels(arena.world.amqp_url) as channels:
        for oddity in oddities(arena.chance):
            for exchange, key in arena.chance.sample(targets, k=8):
                if await _publish(await anext(channels), exchange, key, oddity) and exchange != LIVE:
                    kept.add(oddity.body)
                arena.faults += 1
            await asyncio.sleep(0.02)
    arena.notes.append(f"{arena.faults} odd messages, {len(kept)} different ones were queued")
    arena.expect("odd messages were queued", len(kept) > 50)
    try:
        await eventually(lambda: _all_kept(arena, kept), within=60, every=0.5)
    except AssertionError:
        missing = kept - await _bodies(arena)
        shortest = sorted(missing, key=len)[:3]
        arena.expect(f"{len(missing)} odd messages were not kept whole, among them {shortest}", held=False)


@asynccontextmanager
async def _channels(url: str) -> AsyncIterator[AsyncIterator[AbstractChannel]]:
    """Channels to publish on, the next one where the broker has closed the last."""
    connection = await aiormq.connect(url)

    async def channels() -> AsyncIterator[AbstractChannel]:
        channel = await connection.channel(on_return_raises=True)
        while True:
            if channel.is_closed:
                channel = await connection.channel(on_return_raises=True)
            yield channel

    try:
        yield channels()
    finally:
        await connection.close()


async def _publish(channel: AbstractChannel, exchange: str, key: str, oddity: Oddity) -> bool:
    """Whether the broker has put it into a queue: it returns what no queue wants, and refuses some properties."""
    try:
        await channel.basic_publish(
            oddity.body, exchange=exchange, routing_key=key, properties=oddity.properties, mandatory=True
        )
    except (aiormq.exceptions.PublishError, aiormq.exceptions.ChannelClosed, aiormq.exceptions.DeliveryError):
        return False
    return True


async def _all_kept(arena: Arena, kept: set[bytes]) -> bool:
    return kept <= await _bodies(arena)


async def _bodies(arena: Arena) -> set[bytes]:
    return {bytes(row[0]) for row in await arena.world.database.fetch("SELECT DISTINCT body FROM dead_letters")}
