"""What more notifiers gain where cores are not the limit: a mail server that takes its time, and a backlog.

`python -m tests.bench.waiting_for_mail`, three minutes, little CPU. `tests/bench/scaling.py` measures the other case.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Final

from deploy.local.mailbox.faults import Fault
from tests.bench.figures import table
from tests.drills.servers import Servers, servers
from tests.support.databases import a_database
from tests.support.waiting import eventually
from tests.support.world import World, a_world

ANSWER: Final = 0.2
"""Seconds that the mail server takes for each mail."""
BACKLOG: Final = 800
SHAPES: Final = ((1, 1), (2, 1), (4, 1), (4, 4))
"""Notifiers, and shards."""


async def drained(where: Servers, notifiers: int, shards: int) -> float:
    """Mails a second from a backlog, once all notifiers run."""
    async with AsyncExitStack() as stack:
        url = await a_database(where.postgres.url)
        world = await stack.enter_async_context(a_world(url, where.rabbitmq, where.home))
        world.settings.update({"SHARDS": str(shards), "LOST_GRACE": "5min"})
        await _fill(world)
        world.mailbox.fail(Fault(delay=ANSWER))
        for _ in range(notifiers):
            await stack.enter_async_context(world.notifier())
        accepted, began = world.mailbox.messages.accepted, time.monotonic()
        await eventually(lambda: world.mailbox.messages.accepted >= accepted + BACKLOG // 2, within=120, every=0.02)
        return (world.mailbox.messages.accepted - accepted) / (time.monotonic() - began)


async def _fill(world: World) -> None:
    """Books, and waits until every confirmation waits in the broker."""
    async with world.api() as api:
        client = world.client(api)
        for _ in range(BACKLOG // 20):
            await asyncio.gather(*(client.book() for _ in range(20)))

        async def published() -> bool:
            return (await world.states()).get("enqueued", 0) == BACKLOG

        await eventually(published, within=60)


async def main() -> None:
    rows = []
    async with servers() as where:
        for notifiers, shards in SHAPES:
            rows.append([notifiers, shards, f"{await drained(where, notifiers, shards):.0f}"])
    print(table(["notifiers", "SHARDS", "mails/s from a backlog"], rows))


if __name__ == "__main__":
    asyncio.run(main())
