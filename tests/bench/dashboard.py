"""How long operators wait for each page of the dashboard, and each answer of their API: `make bench-dashboard`.

A database of ten million jobs is filled, and an API is started with its defaults. Each view is asked for as the
first of its kind after a start, then again. Half an hour and 12 GB of disk with the defaults.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from os import getloadavg
from pathlib import Path
from statistics import median
from typing import Final

from tqdm import tqdm

from api_service.identity import tokens
from tests.bench import bookings
from tests.bench.contenders import Punctual
from tests.bench.figures import brief, table
from tests.bench.history import leave_behind
from tests.bench.operations import add_operations
from tests.bench.operator_views import View, known_ids, views
from tests.bench.running import running
from tests.bench.servers import Place, connected, servers
from tests.bench.spent import EXTENSION, Spent, metering, prepare
from tests.support.repository import ROOT
from tests.support.visitor import Visitor

BOUND: Final = 50.0
"""Milliseconds that a view may take."""
_SETTINGS: Final = {"RATE_LIMIT": "off", "JOB_RETENTION": "3650d", "RELAY_ENABLED": "false"}
"""No relay, so that the jobs stay as they are."""
_PAUSE: Final = 2.0
"""Seconds between the start and the first view: templates are compiled, and figures are read meanwhile."""
_START, _END = "<!-- bench-dashboard -->", "<!-- /bench-dashboard -->"


@dataclass
class Waited:
    """Milliseconds by the clock: after each start, and later. `spent` by the later ones."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)

    @property
    def figures(self) -> Sequence[float]:
        """Medians: first view, later view, its CPU time, its time in the database, its statements."""
        return [
            median(self.first),
            median(self.again),
            median(each.cpu for each in self.spent),
            median(each.sql for each in self.spent),
            median(each.statements for each in self.spent),
        ]

    @property
    def is_late(self) -> bool:
        return median(self.first) > BOUND or median(self.again) > BOUND


async def a_round(place: Place, asked: Sequence[View], waited: Mapping[str, Waited], *, again: int) -> None:
    """Starts an API, and asks it for every view as its first one, then `again` times."""
    operator = tokens.issue(bookings.SECRET, subject="operator", roles=["ops"])
    async with (
        running(Punctual(settings=_SETTINGS), place) as services,
        Visitor.at(services.urls[0], operator) as one,
        metering(place.database_url, [each.pid for each in services.processes["api"]]) as meter,
    ):
        csrf = (await one.get("/ops/log")).csrf
        await asyncio.sleep(_PAUSE)
        for view in asked:
            waited[view.name].first.append(await _ask(one, view, csrf, operator))
        for view in [view for _ in range(again) for view in asked]:
            before = await meter.now()
            waited[view.name].again.append(await _ask(one, view, csrf, operator))
            waited[view.name].spent.append(await meter.now() - before)


async def _ask(visitor: Visitor, view: View, csrf: str, token: str) -> float:
    headers = {"Origin": visitor.url}
    if view.route.startswith("/api/"):
        headers["Authorization"] = f"Bearer {token}"
    method, data = ("POST", {"csrf": csrf, **view.form}) if view.form else ("GET", None)
    began = time.perf_counter()
    async with visitor.session.request(
        method, visitor.url + view.path, data=data, headers=headers, allow_redirects=False
    ) as answer:
        body = await answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status not in (200, 303):
        raise RuntimeError(f"{view.name}: {answer.status} {body[:500]!r}")
    return took


def told(waited: Mapping[str, Waited]) -> str:
    """The table: medians."""
    rows = [(name, *map(brief, each.figures[:-1]), f"{each.figures[-1]:.0f}") for name, each in waited.items()]
    return table(["view", "first, ms", "again, ms", "CPU, ms", "SQL, ms", "statements"], rows)


def write(file: Path, text: str) -> None:
    """Puts the table between its marks."""
    before, _, rest = file.read_text("utf-8").partition(_START)
    file.write_text(f"{before}{_START}\n{text}{_END}{rest.partition(_END)[2]}", "utf-8")


async def main() -> None:
    parser = argparse.ArgumentParser("bench-dashboard")
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="starts of the API")
    parser.add_argument("--again", type=int, default=5, help="how often each view is asked for again")
    parser.add_argument("--database", help="the URL of a database that was filled before, and is kept")
    parser.add_argument("--write", action="store_true", help="into docs/operations-dashboard.md")
    options = parser.parse_args()
    waited: defaultdict[str, Waited] = defaultdict(Waited)
    async with servers({"shared_preload_libraries": EXTENSION}) as started, AsyncExitStack() as stack:
        place = await stack.enter_async_context(started.place())
        if options.database:
            place = Place(options.database, place.amqp_url, place.smtp_port, place.home)
        else:
            await Punctual().prepare(place)
            with tqdm(total=options.jobs, unit="job", unit_scale=True, desc="history") as bar:
                await leave_behind(place.database_url, options.jobs, bar.update)
            await add_operations(place.database_url, options.jobs)
        await prepare(place.database_url)
        async with connected(place.database_url) as database:
            asked = views(await known_ids(database))
        loads = [getloadavg()[0]]
        for _ in tqdm(range(options.rounds), unit="start"):
            await a_round(place, asked, waited, again=options.again)
            loads.append(getloadavg()[0])
    text = told(waited)
    print(text)
    print(f"Load average of the minutes before and after each start: {', '.join(f'{each:.1f}' for each in loads)}")
    late = [name for name, each in waited.items() if each.is_late]
    print(f"Above {BOUND:.0f} ms: {', '.join(late) or 'none'}")
    if options.write:
        write(ROOT / "docs" / "operations-dashboard.md", text)


if __name__ == "__main__":
    asyncio.run(main())
