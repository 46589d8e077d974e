"""What a second API and more notifiers gain on this machine: `make bench-scaling`, ten minutes."""

import argparse
import asyncio
import os
from typing import Final

from tqdm import tqdm

from tests.bench import bookings, phases
from tests.bench.contenders import Punctual
from tests.bench.figures import Spread, table
from tests.bench.phases import CONNECTIONS, Plan, Served, on_new_servers
from tests.bench.servers import Servers, servers
from tests.bench.wire import saturate

SHAPES: Final = ((1, 1), (2, 1), (1, 2), (2, 2), (2, 4))
"""API processes and notifiers."""


async def measure(started: Servers, apis: int, notifiers: int, plan: Plan) -> tuple[float, Served]:
    """Mails a second from a backlog; then bookings and mails together."""
    async with on_new_servers(started, Punctual()) as running:
        requests = bookings.requests()
        for _ in range(apis - 1):
            await running.start_api()
        await saturate(running.urls, requests, connections=CONNECTIONS, most=plan.backlog)
        for _ in range(notifiers):
            running.start_worker()
        drained = await phases.drained(started, plan.backlog)
        return drained, await phases.served(started, running, requests, plan)


async def main() -> None:
    parser = argparse.ArgumentParser("bench-scaling")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    plan = Plan(rates=(50,))
    results: dict[tuple[int, int], list[tuple[float, Served]]] = {shape: [] for shape in SHAPES}
    with tqdm(total=options.rounds * len(SHAPES), unit="step") as bar:
        async with servers() as started:
            for _ in range(options.rounds):
                for shape in SHAPES:
                    results[shape].append(await measure(started, *shape, plan))
                    bar.update()
    roles = ("api", "worker", "broker", "database")
    rows = [
        [
            apis,
            notifiers,
            Spread.of([served.booking.rate for _, served in each]),
            Spread.of([served.booking.latency.p99 for _, served in each]),
            Spread.of([drained for drained, _ in each]),
            *(Spread.of([served.cpu[role] for _, served in each]) for role in roles),
        ]
        for (apis, notifiers), each in results.items()
    ]
    head = [
        "APIs",
        "notifiers",
        "bookings/s",
        "p99, ms",
        "mails/s from a backlog",
        *(f"{role}, CPU s" for role in roles),
    ]
    print(f"{os.cpu_count()} cores; CPU seconds for 1,000 bookings and their mails\n\n{table(head, rows)}")


if __name__ == "__main__":
    asyncio.run(main())
