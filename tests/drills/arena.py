"""Where a drill happens: servers of its own that may be killed, both services kept by a supervisor."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.errors import DatabaseUnavailable
from tests.drills.count import Count, count
from tests.drills.keeper import Keeper
from tests.drills.load import Load, prepare
from tests.drills.proxy import Proxy, proxy
from tests.support.databases import a_database, make_template
from tests.support.waiting import eventually
from tests.support.world import World, a_world

PATIENCE = 120.0


@dataclass
class Arena:
    """What faults are injected into; `faults` counts them."""

    world: World
    postgres: Postgres
    rabbitmq: RabbitMQ
    chance: Random
    apis: list[Keeper] = field(default_factory=list)
    notifiers: list[Keeper] = field(default_factory=list)
    network: dict[str, Proxy] = field(default_factory=dict)
    faults: int = 0

    async def pause(self, shortest: float, longest: float) -> None:
        await asyncio.sleep(self.chance.uniform(shortest, longest))


Faults = Callable[[Arena], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Drill:
    """`faults` are injected while bookings go on for `seconds`; both services are started with `settings`, and with
    `proxied` they reach database, broker and mail server through proxies that the faults can cut."""

    name: str
    faults: Faults
    seconds: float = 15.0
    settings: tuple[tuple[str, str], ...] = ()
    proxied: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    drill: str
    counted: Count
    faults: int
    unanswered: int
    recovered_in: float


@dataclass(frozen=True, slots=True)
class Servers:
    """Real servers for a series of drills, on disk, since they are killed."""

    home: Path
    postgres: Postgres
    rabbitmq: RabbitMQ


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    home = Path(tempfile.mkdtemp(prefix="punctual-drills-"))
    home.chmod(0o755)  # noqa: ASYNC240 - once, before anything runs
    postgres = Postgres(home, dies_with_us=signal.SIGINT)
    rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGKILL)
    try:
        await asyncio.gather(postgres.start(), rabbitmq.start())
        await make_template(postgres.url)
        yield Servers(home, postgres, rabbitmq)
    finally:
        await asyncio.to_thread(rabbitmq.stop)
        await asyncio.to_thread(postgres.stop)
        postgres.remove()
        shutil.rmtree(home, ignore_errors=True)


async def run(
    drill: Drill,
    where: Servers,
    seed: int,
    *,
    seconds: float | None = None,
    api: Sequence[str] = (),
    notifier: Sequence[str] = (),
    patience: float = PATIENCE,
) -> Result:
    """One drill in a world of its own; `api` and `notifier` are commands that run instead of the services. After the
    load it waits at most `patience` seconds until every job has ended."""
    chance = Random(f"{seed}/{drill.name}")
    url = await a_database(where.postgres.url)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(a_world(url, where.rabbitmq, where.home))
        await prepare(world.database)
        world.settings.update({"REMINDER_OFFSETS": "1h", "LOST_GRACE": "2s", **dict(drill.settings)})
        arena = Arena(world, where.postgres, where.rabbitmq, chance)
        if drill.proxied:
            await _put_proxies_between(arena, stack)
        logs = where.home / drill.name
        arena.apis = [Keeper("api", world.environment, logs / f"api{n}.log", api) for n in range(2)]
        arena.notifiers = [Keeper("notifier", world.environment, logs / f"notifier{n}.log", notifier) for n in range(2)]
        kept = arena.apis + arena.notifiers
        try:
            await asyncio.gather(*(keeper.start() for keeper in kept))
            await asyncio.gather(*(keeper.ready() for keeper in kept))
            return await _under_load(drill, arena, kept, seconds or drill.seconds, patience)
        finally:
            for keeper in kept:
                keeper.end()


async def _put_proxies_between(arena: Arena, stack: AsyncExitStack) -> None:
    world = arena.world
    ports = {
        "DATABASE_URL": arena.postgres.port,
        "AMQP_URL": arena.rabbitmq.ports["amqp"],
        "SMTP_PORT": world.mailbox.smtp_port,
    }
    for name, port in ports.items():
        between = await stack.enter_async_context(proxy(port))
        arena.network[name] = between
        world.settings[name] = world.environment[name].replace(str(port), str(between.port))


async def _under_load(drill: Drill, arena: Arena, kept: Sequence[Keeper], seconds: float, patience: float) -> Result:
    load = Load([keeper.url for keeper in arena.apis], arena.chance, per_second=20)
    minding = [asyncio.create_task(keeper.mind()) for keeper in kept]
    try:
        booking = asyncio.create_task(load.run(seconds))
        await drill.faults(arena)
        ended = time.monotonic()
        await booking
        with contextlib.suppress(AssertionError):  # the count says what is missing
            await eventually(lambda: _is_quiet(arena.world), within=patience, every=0.2)
        recovered = time.monotonic() - ended
        counted = await count(arena.world.database, arena.world.mailbox, load.answers)
        return Result(drill.name, counted, arena.faults, load.answers.unanswered + load.answers.refused, recovered)
    finally:
        for task in minding:
            task.cancel()
        await asyncio.gather(*minding, return_exceptions=True)


async def _is_quiet(world: World) -> bool:
    """Every job has ended."""
    ended = "('succeeded', 'failed', 'cancelled', 'skipped')"
    try:
        return not await world.database.fetch(f"SELECT FROM jobs WHERE state NOT IN {ended} LIMIT 1")
    except DatabaseUnavailable:
        return False  # the drill has just killed it
