"""What is measured of a contender in one round, on servers that are new to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from deploy.local.processes import LocalProcess
from tests.bench import bookings
from tests.bench.contenders import Contender, Running, running
from tests.bench.figures import Latency, cpu_seconds
from tests.bench.servers import Servers
from tests.bench.wire import Answers, pace, saturate

CONNECTIONS: Final = 32
DRAINING: Final = 12.0
"""Seconds after which a drain that is not over is stopped; its rate is steady by then."""
_LOOK_EVERY: Final = 0.02
_PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`backlog` in bookings, the others in seconds; `rates` in bookings a second."""

    backlog: int = 20_000
    booking: float = 6.0
    telling: float = 6.0
    rates: tuple[int, ...] = (50, 500)


@dataclass(frozen=True, slots=True)
class Drained:
    """`filling`: how bookings were answered while no worker ran; `rate` in mails a second."""

    filling: Answers
    rate: float


@dataclass(frozen=True, slots=True)
class Served:
    """`through`: bookings a second until the last of their mails had arrived; `cpu` in seconds for 1,000 bookings and
    their mails, by process; `told`: bookings a second → the time from the
    answer to the mail; `memory` in MiB by process."""

    booking: Answers
    through: float
    cpu: Mapping[str, float]
    told: Mapping[int, Latency]
    memory: Mapping[str, float]


async def drain(servers: Servers, contender: Contender, plan: Plan) -> Drained:
    """Books a backlog without a worker, then lets one loose on it."""
    async with on_new_servers(servers, contender) as running:
        answers = await saturate(running.urls, bookings.requests(), connections=CONNECTIONS, most=plan.backlog)
        running.start_worker()
        return Drained(answers, await drained(servers, plan.backlog))


async def serve(servers: Servers, contender: Contender, plan: Plan) -> Served:
    """Books as fast as it answers, then at steady rates, while its worker runs. Raises AssertionError when a booking
    is refused, or a mail does not come or comes twice."""
    async with on_new_servers(servers, contender) as running:
        running.start_worker()
        return await served(servers, running, bookings.requests(), plan)


async def served(servers: Servers, running: Running, requests: Iterator[bytes], plan: Plan) -> Served:
    """The same of what runs already, its worker included."""
    await _tell(servers, running, requests, 20, 1.0)  # both are warm
    answers, through, cpu = await _book(servers, running, requests, plan)
    told = {rate: await _tell(servers, running, requests, rate, plan.telling) for rate in plan.rates}
    memory = running.memory()
    assert servers.sink.repeats() == 0, "a mail came twice"
    return Served(answers, through, cpu, told, memory)


@asynccontextmanager
async def on_new_servers(servers: Servers, contender: Contender) -> AsyncIterator[Running]:
    """On servers that are new to it, without its worker."""
    async with servers.place() as place:
        servers.sink.clear()
        await contender.prepare(place)
        async with running(contender, place) as started:
            yield started


async def drained(servers: Servers, backlog: int) -> float:
    """Mails a second, from the first that arrives, of a worker that has just been started."""
    await all_told(servers, 1)
    began, first = time.perf_counter(), servers.sink.count()
    took, count = 0.0, first
    while count < backlog and took < DRAINING:
        await asyncio.sleep(_LOOK_EVERY)
        took, count = time.perf_counter() - began, servers.sink.count()
    return (count - first) / took


async def _book(
    servers: Servers, running: Running, requests: Iterator[bytes], plan: Plan
) -> tuple[Answers, float, Mapping[str, float]]:
    processes = {**running.processes, **servers.processes}
    before = _spent(processes)
    sent = servers.sink.count()
    answers = await saturate(running.urls, requests, connections=CONNECTIONS, seconds=plan.booking)
    count = len(answers.seconds)
    await all_told(servers, sent + count)
    through = count / (time.perf_counter() - answers.began)
    spent = {role: seconds - before[role] for role, seconds in _spent(processes).items()}
    return answers, through, {role: seconds / count * 1000 for role, seconds in spent.items()}


def _spent(processes: Mapping[str, Sequence[LocalProcess]]) -> dict[str, float]:
    return {role: sum(cpu_seconds(each.pid) for each in all_of_it) for role, all_of_it in processes.items()}


async def _tell(servers: Servers, running: Running, requests: Iterator[bytes], rate: int, seconds: float) -> Latency:
    sent = servers.sink.count()
    answers = await pace(running.urls, requests, per_second=rate, seconds=seconds)
    await all_told(servers, sent + len(answers.told))
    arrived = servers.sink.arrived()
    return Latency.of([arrived[key] - answered for key, answered in answers.told.items()])


async def all_told(servers: Servers, count: int) -> None:
    """Returns when that many mails have arrived. Raises AssertionError after two minutes."""
    deadline = time.monotonic() + _PATIENCE
    while (arrived := servers.sink.count()) < count:
        assert time.monotonic() < deadline, f"{count - arrived} of {count} mails have not come"
        await asyncio.sleep(_LOOK_EVERY)
