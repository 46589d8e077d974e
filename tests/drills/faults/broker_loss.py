"""RabbitMQ that loses what it had, or refuses: its data, a virtual host, a queue, an exchange, our permissions."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from deploy.local.mailbox.faults import Fault
from tests.drills.arena import Arena
from tests.drills.servers import process_of
from tests.support.waiting import eventually

QUEUES: Final = ("notifications.high", "notifications.normal", "notifications.dead")
LOST: Final = 20
"""Messages that are lost at least, of a broker that loses what it had."""
NEXT_MAIL: Final = 10.0
"""Seconds from a deletion to the next mail."""


async def data_lost(arena: Arena) -> None:
    """The node stops, its disk is lost, and it starts empty; a little later somebody makes the virtual host again."""
    rabbitmq = arena.servers.rabbitmq
    async with _messages_waiting(arena):
        await asyncio.to_thread(process_of(rabbitmq).stop, within=30)
        arena.faults += 1
        await asyncio.to_thread(shutil.rmtree, rabbitmq.home / "mnesia")
    await rabbitmq.start()
    await arena.pause(1, 2)
    await arena.broker.make_vhost()


async def vhost_deleted(arena: Arena) -> None:
    async with _messages_waiting(arena):
        await arena.broker.delete_vhost()
        arena.faults += 1
    await arena.pause(3, 4)
    await arena.broker.make_vhost()


@asynccontextmanager
async def _messages_waiting(arena: Arena) -> AsyncIterator[None]:
    """Nobody takes messages out of the queues, for the block, and some are in them when it begins."""
    await arena.pause(2, 3)
    for notifier in arena.notifiers:
        notifier.send_away()
    await eventually(lambda: _waiting(arena), within=15, every=0.2)
    arena.notes.append(f"messages that were lost: {await _waiting(arena)}")
    try:
        yield
    finally:
        for notifier in arena.notifiers:
            notifier.call_back()


async def _waiting(arena: Arena) -> int:
    """Messages that the broker has confirmed and nobody has taken; 0 as long as they are fewer than it takes."""
    rows = await arena.world.database.fetch("SELECT FROM jobs WHERE state = 'enqueued'")
    return len(rows) if len(rows) >= LOST else 0


async def queue_of_another_type(arena: Arena) -> None:
    """Somebody puts a classic queue in the place of a work queue, sees that nothing is declared any more, and takes it
    away again; what was in it is lost."""
    for queue in QUEUES[:2]:
        await arena.pause(2, 3)
        await arena.broker.delete(queue)
        await eventually(partial(arena.broker.make_classic, queue, f"#.{queue.rpartition('.')[2]}"), within=10)
        arena.faults += 1
        await arena.pause(3, 4)
        await arena.broker.delete(queue)


async def permissions_removed(arena: Arena) -> None:
    """One permission after the other, and all of them; connections are ended, since channels remember what they may."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    for removed in (("configure",), ("write",), ("read",), tuple(everything)):
        await arena.pause(1, 2)
        await arena.broker.permit(**everything | dict.fromkeys(removed, ""))
        await arena.broker.end_connections()
        arena.faults += 1
        await arena.pause(2, 3)
        await arena.broker.permit(**everything)


async def parts_deleted(arena: Arena) -> None:
    """Every exchange and every queue that there is, in turn; after each the next mail comes soon."""
    parts = [("exchanges", name) for name in await arena.broker.names("exchanges")]
    parts += [("queues", name) for name in await arena.broker.names("queues")]
    arena.chance.shuffle(parts)
    slowest = 0.0
    for kind, name in parts:
        arena.world.mailbox.fail(Fault(code=450, count=2))  # so that retries are on their way too
        await arena.broker.remove(kind, name)
        arena.faults += 1
        slowest = max(slowest, await _next_mail(arena, f"{kind}/{name}"))
    arena.notes.append(f"{len(parts)} parts deleted; the next mail came after {slowest:.1f} s at most")


async def _next_mail(arena: Arena, part: str) -> float:
    """Seconds from now until a booking that is made from now on is told by mail."""
    loop = asyncio.get_running_loop()
    began, known = loop.time(), set(arena.load.answers.booked)

    async def told() -> bool:
        fresh = [jobs for appointment, jobs in arena.load.answers.booked.items() if appointment not in known]
        ids = [job for jobs in fresh for job in jobs]
        return bool(
            await arena.world.database.fetch(
                "SELECT FROM jobs WHERE id = ANY ($1::uuid[]) AND state = 'succeeded' LIMIT 1", ids
            )
        )

    try:
        await eventually(told, within=NEXT_MAIL * 2)
    except AssertionError:
        arena.expect(f"a mail within {NEXT_MAIL * 2:.0f} s after {part} was deleted", held=False)
    took = loop.time() - began
    arena.expect(f"a mail within {NEXT_MAIL:.0f} s after {part} was deleted ({took:.1f})", took <= NEXT_MAIL)
    return took
