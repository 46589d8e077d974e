"""Where a drill happens: a world of its own on real servers, both services under a supervisor, load, and the count."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from shared.errors import DatabaseUnavailable
from tests.drills.broker_admin import BrokerAdmin
from tests.drills.count import Count, count
from tests.drills.keeper import Keeper
from tests.drills.load import STEADY, Load, LoadPlan, prepare
from tests.drills.network import Network, network
from tests.drills.servers import Servers
from tests.support.databases import a_database
from tests.support.waiting import eventually
from tests.support.world import World, a_world

PATIENCE = 120.0
REPLICAS = 2


@dataclass
class Arena:
    """What faults are injected into. `faults` counts them, `notes` are printed, `measured` is kept for what comes
    afterwards, `broken` are the promises that the count alone would not see."""

    world: World
    servers: Servers
    chance: Random
    logs: Path
    load: Load
    broker: BrokerAdmin
    network: Network
    apis: list[Keeper] = field(default_factory=list)
    notifiers: list[Keeper] = field(default_factory=list)
    faults: int = 0
    notes: list[str] = field(default_factory=list)
    measured: dict[str, float] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def poison(self) -> Path:
        """Where the jobs are named whose messages kill their consumer, if it is entries/poison.py."""
        return self.logs / "poison"

    @property
    def kept(self) -> list[Keeper]:
        return self.apis + self.notifiers

    async def pause(self, shortest: float, longest: float) -> None:
        """A moment of the seed's choosing."""
        await asyncio.sleep(self.chance.uniform(shortest, longest))

    def expect(self, promise: str, held: object) -> None:
        """Notes a promise as broken unless it held."""
        if not held:
            self.broken.append(promise)


Act = Callable[[Arena], Awaitable[None]]


async def _nothing(arena: Arena) -> None:
    return


@dataclass(frozen=True, slots=True)
class Drill:
    """`faults` are injected while the load lasts; `afterwards` looks at a world that has come to rest.

    Both services are started with `settings`. `proxied`: they reach database, broker and mail server through proxies
    that faults can cut. `clustered`: the broker has three nodes. `api` and `notifier` are commands that run instead
    of the services. Jobs may end as failed where their error contains `may_fail`.
    """

    name: str
    faults: Act
    load: LoadPlan = STEADY
    settings: tuple[tuple[str, str], ...] = ()
    proxied: bool = False
    clustered: bool = False
    api: tuple[str, ...] = ()
    notifier: tuple[str, ...] = ()
    may_fail: str | None = None
    afterwards: Act = _nothing


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a drill; times in seconds."""

    drill: str
    counted: Count
    faults: int
    without_200: int
    recovered_in: float
    notes: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.counted.holds and not self.broken

    @property
    def complaints(self) -> list[str]:
        return [*self.broken, *self.counted.lost, *self.counted.unexplained]


async def run(
    drill: Drill, where: Servers, seed: int, *, seconds: float | None = None, patience: float = PATIENCE
) -> Result:
    """One drill in a world of its own. After the load (`seconds`, else the drill's own) it waits at most `patience`
    seconds until every job has ended."""
    chance = Random(f"{seed}/{drill.name}")
    url = await a_database(where.postgres.url)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(a_world(url, where.rabbitmq, where.home))
        await prepare(world.database)
        world.settings.update({"LOST_GRACE": "2s", "AMQP_URL": where.amqp_urls(world.vhost), **dict(drill.settings)})
        between = await stack.enter_async_context(network(world, where, proxied=drill.proxied))
        logs = where.home / f"{world.vhost}-{drill.name}"
        arena = Arena(world, where, chance, logs, Load(drill.load, chance), BrokerAdmin(where, world.vhost), between)
        world.settings["POISON"] = str(arena.poison)
        for number in range(REPLICAS):
            environment = world.environment
            api, notifier = environment | between.api, environment | between.notifier
            arena.apis.append(Keeper("api", api, logs / f"api{number}.log", drill.api))
            arena.notifiers.append(Keeper("notifier", notifier, logs / f"notifier{number}.log", drill.notifier))
        for keeper in arena.kept:
            stack.callback(keeper.end)
        await asyncio.gather(*(keeper.start() for keeper in arena.kept))
        await asyncio.gather(*(keeper.ready() for keeper in arena.kept))
        return await _under_load(drill, arena, seconds or drill.load.seconds, patience)


async def _under_load(drill: Drill, arena: Arena, seconds: float, patience: float) -> Result:
    minding = [asyncio.create_task(keeper.mind()) for keeper in arena.kept]
    try:
        booking = asyncio.create_task(arena.load.run([keeper.url for keeper in arena.apis], seconds))
        await drill.faults(arena)
        await booking
        recovered_in = await _come_to_rest(arena.world, patience)
        await drill.afterwards(arena)
        answers = arena.load.answers
        counted = await count(arena.world.database, arena.world.mailbox, answers, may_fail=drill.may_fail)
        without_200 = answers.unanswered + answers.refused
        return Result(
            drill.name, counted, arena.faults, without_200, recovered_in, tuple(arena.notes), tuple(arena.broken)
        )
    finally:
        for task in minding:
            task.cancel()
        await asyncio.gather(*minding, return_exceptions=True)


async def _come_to_rest(world: World, patience: float) -> float:
    """Waits until every job has ended; the seconds that it took from the end of faults and load."""
    ended = time.monotonic()
    with contextlib.suppress(AssertionError):  # the count says what is missing
        await eventually(lambda: is_quiet(world), within=patience, every=0.2)
    return time.monotonic() - ended


async def is_quiet(world: World) -> bool:
    """Every job has ended."""
    ended = "('succeeded', 'failed', 'cancelled', 'skipped')"
    try:
        return not await world.database.fetch(f"SELECT FROM jobs WHERE state NOT IN {ended} LIMIT 1")
    except DatabaseUnavailable:
        return False  # the drill has just killed it


def also(*acts: Act) -> Act:
    """Several acts, one after the other."""

    async def all_of_them(arena: Arena) -> None:
        for act in acts:
            await act(arena)

    return all_of_them
