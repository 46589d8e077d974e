"""`make bench`: Punctual beside others that do the same job, in turns, on the same servers, in one run.

Prints the tables; --write puts them into docs/benchmarks.md and a plot beside it. With the defaults half an hour.
"""

import argparse
import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from typing import Final, TypeVar

from tqdm import tqdm

from deploy.local import delayed_plugin
from deploy.local.rabbitmq import server_folder
from tests.bench import phases, report, scheduled
from tests.bench.contenders import CONTENDERS, PLAIN, Peer, Punctual
from tests.bench.phases import Plan
from tests.bench.report import Results
from tests.bench.servers import Servers, servers

T = TypeVar("T")
PENDING: Final = 1_000_000


class Run:
    """One run of the benchmarks, with its progress."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.plan = Plan(backlog=options.backlog)
        self.options = options
        self.results = Results()
        self._throughput = [each for each in CONTENDERS if each.name in options.only or not options.only]
        self._reminding = [
            each for each in self._throughput if each is not PLAIN and (not isinstance(each, Peer) or each.scheduler)
        ]
        if delayed_plugin.find(server_folder(), os.environ):
            self._reminding.append(Punctual("Punctual, delayed exchange", {"DELAY_BACKEND": "exchange"}))
        ours = sum(isinstance(each, Punctual) for each in self._reminding)
        steps = 2 * len(self._throughput) + len(self._reminding) + ours
        self._bar = tqdm(total=steps * options.rounds + ours, unit="step", dynamic_ncols=True)

    async def round(self, started: Servers) -> None:
        """Everything once, each contender in turn."""
        results = self.results
        for each in self._throughput:
            name = each.name
            await self._step(f"{name}: backlog", results.drained, name, phases.drain(started, each, self.plan))
            await self._step(f"{name}: bookings", results.served, name, phases.serve(started, each, self.plan))
        for each in self._reminding:
            count = self.options.reminders
            keeping = scheduled.keep(started, each, reminders=count)
            await self._step(f"{each.name}: reminders", results.kept, each.name, keeping)
            if isinstance(each, Punctual):
                name = f"{each.name}, {PENDING:,} more pending"
                keeping = scheduled.keep(started, each, reminders=count, pending=PENDING)
                await self._step(f"{each.name}: reminders", results.kept, name, keeping)

    async def bursts(self, started: Servers) -> None:
        """Once: it is a question of seconds."""
        for each in self._reminding:
            if isinstance(each, Punctual):
                bursting = scheduled.burst(started, each, reminders=self.options.burst)
                await self._step(f"{each.name}: burst", self.results.bursts, each.name, bursting)

    async def _step(self, what: str, results: dict[str, list[T]], name: str, measuring: Awaitable[T]) -> None:
        self._bar.set_description(what)
        results.setdefault(name, []).append(await measuring)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


async def main() -> None:
    parser = argparse.ArgumentParser("bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=20_000)
    parser.add_argument("--reminders", type=int, default=2_000)
    parser.add_argument("--burst", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=[], help="contenders by name")
    parser.add_argument("--write", type=Path, help="the page to write; the plot lies beside it, as .svg")
    options = parser.parse_args()
    run = Run(options)
    async with servers() as started:
        for _ in range(options.rounds):
            await run.round(started)
        await run.bursts(started)
    run.close()
    page = report.written(run.results, run.plan, options.rounds, options.reminders, options.burst)
    print(page)
    if options.write:
        options.write.write_text(page, "utf-8")
        report.plot(run.results, options.write.with_suffix(".svg"))


if __name__ == "__main__":
    asyncio.run(main())
