"""Where a drill happens: a world of its own on real servers, both services under a supervisor, and the load."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from shared.errors import DatabaseUnavailable
from tests.drills.broker_admin import BrokerAdmin
from tests.drills.complaints import Complaint, Kind
from tests.drills.count import Count
from tests.drills.keeper import Keeper
from tests.drills.load import STEADY, Load, LoadPlan
from tests.drills.network import Network
from tests.drills.servers import Servers
from tests.support.world import World


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

    @property
    def serving(self) -> list[Keeper]:
        """Those that should run now."""
        return [keeper for keeper in self.kept if keeper.wanted]

    async def pause(self, shortest: float, longest: float) -> None:
        """A moment of the seed's choosing."""
        await asyncio.sleep(self.chance.uniform(shortest, longest))

    def expect(self, promise: str, held: object) -> None:
        """Notes a promise as broken unless it held."""
        if not held:
            self.broken.append(promise)


Act = Callable[[Arena], Awaitable[None]]
Place = Callable[[Servers], AbstractAsyncContextManager[Servers]]
"""Servers of a drill's own, made beside those that all drills use."""


async def _nothing(arena: Arena) -> None:
    return


@dataclass(frozen=True, slots=True)
class Drill:
    """`faults` are injected while the load lasts; `afterwards` looks at a world that has come to rest.

    Both services are started with `settings`, after `before`. `proxied`: they reach database, broker and mail server
    through proxies that faults can cut. `place`: makes servers of its own. `older_first`: the release
    before this one, which it has brought, runs first, and this one waits. `api` and `notifier` are commands that run
    instead of the services. Jobs may end as failed where their error contains `may_fail`, dead letters may be kept
    where their reason or detail contains `may_die`, errors may be logged in lines that contain one of `may_log`. The
    last reminder may be `late` by that many seconds, of a drill that should delay none.

    `kills_workers`: a job that has lost three of them may end as failed. `unkept`: nobody restarts what has ended.
    `dies`: the commands kill themselves. `alone`: no other drill runs beside it. `beyond`: seconds that it takes apart
    from its load, for the estimate of the time left. `seeded_as`: the name under which it draws from the seed, if that
    is another drill's.
    """

    name: str
    faults: Act
    load: LoadPlan = STEADY
    settings: tuple[tuple[str, str], ...] = ()
    proxied: bool = False
    older_first: bool = False
    place: Place | None = None
    api: tuple[str, ...] = ()
    notifier: tuple[str, ...] = ()
    may_fail: str | None = None
    may_die: str | None = None
    may_log: tuple[str, ...] = ()
    late: float = float("inf")
    before: Act = _nothing
    afterwards: Act = _nothing
    unkept: bool = False
    dies: bool = False
    kills_workers: bool = False
    alone: bool = False
    beyond: float = 15.0
    seeded_as: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a drill; times in seconds. `complaints`: everything that it must not have seen."""

    drill: str
    counted: Count
    faults: int
    without_200: int
    recovered_in: float
    notes: tuple[str, ...]
    complaints: tuple[Complaint, ...]

    @property
    def holds(self) -> bool:
        return not self.complaints

    def number_of(self, *kinds: Kind) -> int:
        return sum(each.kind in kinds for each in self.complaints)


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
