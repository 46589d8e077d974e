"""DATABASE_URL with several hosts follows the one that takes writes, while people book."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.database import Database
from tests.acceptance.test_database_refuses import Load, alive, all_told_once
from tests.support.databases import a_database, make_template
from tests.support.standby import a_standby, demote, promote
from tests.support.waiting import eventually
from tests.support.world import a_world

QUIET = {"LEASE": "60s", "LOST_GRACE": "60s"}


@pytest.fixture
async def pair(home: Path) -> AsyncIterator[tuple[Postgres, Postgres]]:
    """A primary with a migrated template, and its standby."""
    primary = Postgres(home / "first", durable=False, dies_with_us=signal.SIGQUIT)
    await primary.start()
    standby = None
    try:
        await make_template(primary.url)
        standby = await a_standby(primary, home / "second")
        yield primary, standby
    finally:
        for server in filter(None, (standby, primary)):
            await asyncio.to_thread(server.stop)
            server.remove()


def both(url: str, other: Postgres) -> str:
    """The URL of a database with the other server's host beside its own."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc},127.0.0.1:{other.port}"))


async def test_a_promoted_standby_is_followed_under_load_and_the_demoted_one_left_alone(
    pair: tuple[Postgres, Postgres], rabbitmq: RabbitMQ, home: Path
) -> None:
    primary, standby = pair
    url = both(await a_database(primary.url), standby)
    async with a_world(url, rabbitmq, home) as world:
        world.settings |= QUIET
        async with world.api() as api, world.notifier() as notifier:
            load = Load(world.client(api))
            for _ in range(5):
                await load.book()
            await asyncio.to_thread(primary.stop)  # its last words reach the standby
            await load.until_refused()
            await promote(standby)
            await load.until_booked()
            await demote(primary, standby)
            for _ in range(5):
                assert await load.book() == 200
            assert alive(api, notifier)
            await eventually(api.ready)
            await eventually(notifier.ready)
            assert set(load.statuses) == {200, 503}
            await all_told_once(world, load)


async def test_connections_to_a_server_that_became_a_standby_are_let_go(
    pair: tuple[Postgres, Postgres],
) -> None:
    """As behind an address that moves: the server stays, and takes no more writes."""
    primary, standby = pair
    database = await Database.connect(both(await a_database(primary.url), standby), size=5, name="tests")
    try:
        async with AsyncExitStack() as all_in_use:
            for _ in range(5):
                await all_in_use.enter_async_context(database.transaction())
        assert database.connections[0] == 5
        assert await database.answers()
        await asyncio.to_thread(primary.stop)
        await promote(standby)

        async def writes() -> bool:
            return await database.answers()

        await eventually(writes)
        [row] = await database.fetch("SELECT inet_server_port() AS port")
        assert row["port"] == standby.port
    finally:
        await database.close()
