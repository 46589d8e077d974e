"""How bookings, mails and memory fare as the tables grow: `make bench-growth`.

The same figures with no jobs, a million and ten million in the table, by turns on databases that stay; then during
pruning, and what a million jobs leave of dead rows. An hour and 15 GB of disk with the defaults.
"""

import argparse
import asyncio
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from tqdm import tqdm

from tests.bench import bookings, phases
from tests.bench.contenders import Punctual, Running, running
from tests.bench.figures import Spread, table
from tests.bench.history import leave_behind
from tests.bench.phases import CONNECTIONS, Plan, Served
from tests.bench.servers import Place, Servers, connected, servers
from tests.bench.wire import saturate

_KEPT: Final = {"JOB_RETENTION": "3650d"}
_UNBOUNDED: Final = {**_KEPT, "MAILS_PER_HOUR": "off", "OPEN_BOOKINGS": "off"}
"""A million jobs are more than the clients of the load may have."""
_PRUNED: Final = {"JOB_RETENTION": "7d"}
_TENTH: Final = 50_000
"""Bookings that a tenth of a million jobs comes from: a confirmation and a reminder each."""
_A_ROUND: Final = 1_000_000
"""Bookings that a round may ask for, so that the next asks for other times."""


@dataclass
class Grown:
    """A database of a size, and its figures, a round each; `drained` in mails a second."""

    jobs: int
    place: Place
    served: list[Served] = field(default_factory=list)
    drained: list[float] = field(default_factory=list)


def _running(grown: Grown, settings: dict[str, str]) -> AbstractAsyncContextManager[Running]:
    return running(Punctual(settings=settings), grown.place)


async def a_round(started: Servers, grown: Grown, number: int, plan: Plan) -> None:
    requests = bookings.requests(number * _A_ROUND)
    started.sink.clear()
    async with _running(grown, _KEPT) as services:
        await saturate(services.urls, requests, connections=CONNECTIONS, most=plan.backlog)
        services.start_worker()
        grown.drained.append(await phases.drained(started, plan.backlog))
        grown.served.append(await phases.served(started, services, requests, plan))


async def while_pruning(started: Servers, grown: Grown, number: int, plan: Plan) -> tuple[Served, int, float]:
    """The same while finished jobs are deleted: also how many were, in how many seconds."""
    started.sink.clear()
    before, began = await _count(grown.place), time.monotonic()
    async with _running(grown, _PRUNED) as services:
        services.start_worker()
        served = await phases.served(started, services, bookings.requests(number * _A_ROUND), plan)
    pruned = before + 2 * len(served.booking.seconds) - await _count(grown.place)
    return served, pruned, time.monotonic() - began


async def _count(place: Place) -> int:
    async with connected(place.database_url) as database:
        row = await database.fetchrow("SELECT count(*) AS jobs FROM jobs")
        return int(row["jobs"]) if row else 0


async def a_million(started: Servers, grown: Grown, number: int) -> list[list[str]]:
    """A million jobs, worked off as they come: the memory of both processes after every tenth."""
    started.sink.clear()
    requests, sent, rows = bookings.requests(number * _A_ROUND), 0, []
    async with _running(grown, _UNBOUNDED) as services:
        services.start_worker()
        for _ in range(10):
            await saturate(services.urls, requests, connections=CONNECTIONS, most=_TENTH)
            sent += _TENTH
            await phases.all_told(started, sent)
            memory = services.memory()
            rows.append([f"{2 * sent:,}", *(f"{memory[role]:.0f}" for role in ("api", "worker"))])
    return rows


async def bloat(place: Place) -> list[list[str]]:
    """Size and dead share of jobs and its indexes, as they are (extension pgstattuple)."""
    async with connected(place.database_url) as database:
        await database.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
        rows = await database.fetch(
            "SELECT relname, pg_relation_size(oid) AS bytes, (pgstattuple_approx(oid)).dead_tuple_percent AS dead"
            "  FROM pg_class WHERE relname IN ('jobs', 'recorded_attempts', 'in_app_notifications', 'appointments')"
            " UNION ALL"
            " SELECT c.relname, pg_relation_size(c.oid), 100 - (pgstatindex(c.oid::regclass)).avg_leaf_density"
            "  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = 'jobs'::regclass"
            " ORDER BY 2 DESC"
        )
        return [[row["relname"], f"{row['bytes'] / 2**20:,.0f}", f"{row['dead']:.0f}"] for row in rows]


def told(grown: list[Grown], rates: tuple[int, ...]) -> str:
    head = ["jobs", "bookings/s", "p99, ms", "mails/s from a backlog", "CPU s for 1,000", "API, notifier MiB"]
    head[4:4] = [f"answer to mail at {rate}/s: p50, p99, ms" for rate in rates]
    rows = []
    for each in grown:
        latencies = [
            ", ".join(str(Spread.of([getattr(one.told[rate], at) for one in each.served])) for at in ("p50", "p99"))
            for rate in rates
        ]
        rows.append(
            [
                f"{each.jobs:,}",
                Spread.of([one.booking.rate for one in each.served]),
                Spread.of([one.booking.latency.p99 for one in each.served]),
                Spread.of(each.drained),
                *latencies,
                Spread.of([sum(one.cpu.values()) for one in each.served]),
                ", ".join(str(Spread.of([one.memory[role] for one in each.served])) for role in ("api", "worker")),
            ]
        )
    return table(head, rows)


async def main() -> None:
    parser = argparse.ArgumentParser("bench-growth")
    parser.add_argument("--jobs", type=int, nargs="*", default=[0, 1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    plan = Plan(backlog=5_000, rates=(50,))
    async with servers() as started, AsyncExitStack() as stack:
        grown = []
        with tqdm(total=sum(options.jobs), unit="job", unit_scale=True, desc="history") as bar:
            for jobs in options.jobs:
                place = await stack.enter_async_context(started.place())
                await Punctual().prepare(place)
                await leave_behind(place.database_url, jobs, bar.update)
                grown.append(Grown(jobs, place))
        for number in tqdm(range(options.rounds), unit="round"):
            for each in grown:
                await a_round(started, each, number, plan)
        print(told(grown, plan.rates))
        pruning, pruned, seconds = await while_pruning(started, grown[-1], options.rounds, plan)
        print(told([Grown(grown[-1].jobs, grown[-1].place, [pruning], [float("nan")])], plan.rates))
        print(f"{pruned:,} jobs were pruned meanwhile, in {seconds:.0f} s\n")
        print(table(["jobs", "API MiB", "notifier MiB"], await a_million(started, grown[0], options.rounds + 1)))
        print(table(["table or index", "MiB", "dead or free, %"], await bloat(grown[0].place)))


if __name__ == "__main__":
    asyncio.run(main())
