"""A contender that sits down to be measured: its processes, the servers, and the mails that have come."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.bench import bookings
from tests.bench.contenders import Punctual
from tests.bench.cpu import Reading
from tests.bench.history import leave_behind
from tests.bench.running import Running, running
from tests.bench.servers import Place, Servers
from tests.bench.setups import Setup
from tests.bench.wire import pace, saturate

CONNECTIONS = 32
_LOOK_EVERY = 0.02
_PATIENCE = 90.0
_A_SITTING = 1_000_000
"""Bookings that a sitting may ask for, so that the next one on the same database asks for other times."""


class Sitting:
    """`missing`: mails that have not come; then the next phase needs another sitting."""

    def __init__(self, servers: Servers, setup: Setup, started: Running, requests: Iterator[bytes]) -> None:
        self.servers = servers
        self.setup = setup
        self.running = started
        self.requests = requests
        self.missing = 0

    async def work(self) -> None:
        """Its workers run and are warm; the sink has forgotten all mails."""
        if "worker" not in self.running.processes:
            self._start_workers()
            await self._warm_up()
        self.servers.sink.clear()

    async def rest(self) -> None:
        """No worker runs; the sink has forgotten all mails."""
        await self.running.stop_workers()
        self.servers.sink.clear()

    def start_workers(self) -> None:
        """Without waiting for them."""
        self._start_workers()

    async def arrive(self, count: int, *, patience: float = _PATIENCE) -> int:
        """Waits until `count` mails have come since the sink has forgotten. Returns how many are missing after
        `patience` seconds."""
        deadline = time.monotonic() + patience
        while (left := count - self.servers.sink.count()) > 0:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_LOOK_EVERY)
        self.missing = max(left, 0)
        assert self.servers.sink.repeats() == 0, "a mail came twice"
        return self.missing

    def reading(self) -> Reading:
        return Reading.now({**self.running.pids, **self.servers.pids}, {"load": os.getpid()})

    def _start_workers(self) -> None:
        for _ in range(self.setup.workers):
            self.running.start_worker()

    async def _warm_up(self) -> None:
        """Every process has worked, every connection is open."""
        self.servers.sink.clear()
        paced = await pace(self.running.urls, self.requests, per_second=50, seconds=1)
        at_once = await saturate(self.running.urls, self.requests, connections=CONNECTIONS, most=500)
        await self.arrive(len(paced.seconds) + len(at_once.seconds))


class Places:
    """Databases for sittings: new ones, and kept ones with finished jobs in them."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._kept: dict[int, tuple[Place, int]] = {}
        self._stack = AsyncExitStack()

    @asynccontextmanager
    async def sitting(self, setup: Setup) -> AsyncIterator[Sitting]:
        """The setup's APIs run, its workers not yet."""
        async with AsyncExitStack() as stack:
            place, first = await self._place(setup, stack)
            self._servers.sink.clear()
            started = await stack.enter_async_context(running(setup.contender, place))
            for _ in range(setup.apis - 1):
                await started.start_api()
            yield Sitting(self._servers, setup, started, bookings.requests(first))

    async def close(self) -> None:
        """Drops the kept ones."""
        self._kept.clear()
        await self._stack.aclose()

    async def _place(self, setup: Setup, stack: AsyncExitStack) -> tuple[Place, int]:
        if setup.finished is None:
            place = await stack.enter_async_context(self._servers.place())
            await setup.contender.prepare(place)
            return place, 0
        if setup.finished not in self._kept:
            place = await self._stack.enter_async_context(self._servers.place())
            await setup.contender.prepare(place)
            await leave_behind(place.database_url, setup.finished)
            self._kept[setup.finished] = (place, 0)
        place, first = self._kept[setup.finished]
        self._kept[setup.finished] = (place, first + _A_SITTING)
        return place, first


@asynccontextmanager
async def on_new_servers(servers: Servers, contender: Punctual) -> AsyncIterator[Running]:
    """A contender on a new database, without its worker: for programs that measure something of their own."""
    async with servers.place() as place:
        servers.sink.clear()
        await contender.prepare(place)
        async with running(contender, place) as started:
            yield started


async def all_told(servers: Servers, count: int) -> None:
    """Returns when that many mails have arrived. Raises AssertionError after 90 seconds."""
    deadline = time.monotonic() + _PATIENCE
    while (arrived := servers.sink.count()) < count:
        assert time.monotonic() < deadline, f"{count - arrived} of {count} mails have not come"
        await asyncio.sleep(_LOOK_EVERY)
