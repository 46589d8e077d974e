"""How long operators wait for each page of the dashboard, and each answer of their API: `make bench-dashboard`.

A database of ten million jobs is filled, and an API is started with its defaults. Each view is asked for as the
first of its kind after a start, then again. 25 minutes and 12 GB of disk with the defaults.
"""

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
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
from tests.support.repository import ROOT
from tests.support.visitor import Visitor

BOUND: Final = 50.0
"""Milliseconds that a view may take."""
_SETTINGS: Final = {"RATE_LIMIT": "off", "JOB_RETENTION": "3650d", "RELAY_ENABLED": "false"}
"""No relay, so that the jobs stay as they are."""
_START, _END = "<!-- bench-dashboard -->", "<!-- /bench-dashboard -->"


@dataclass
class Waited:
    """Milliseconds: after each start, and later."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


async def a_round(place: Place, asked: Sequence[View], waited: Mapping[str, Waited], *, again: int) -> None:
    """Starts an API, and asks it for every view as its first one, then `again` times."""
    operator = tokens.issue(bookings.SECRET, subject="operator", roles=["ops"])
    async with running(Punctual(settings=_SETTINGS), place) as services, Visitor.at(services.urls[0], operator) as one:
        csrf = (await one.get("/ops/log")).csrf
        for number in range(again + 1):
            for view in asked:
                milliseconds = await _ask(one, view, csrf, operator)
                each = waited[view.name]
                (each.again if number else each.first).append(milliseconds)


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
    rows = [(name, brief(min(each.first)), brief(min(each.again))) for name, each in waited.items()]
    return table(["view", "first, ms", "again, ms"], rows)


def write(file: Path, text: str) -> None:
    """Puts the table between its marks."""
    before, _, rest = file.read_text("utf-8").partition(_START)
    file.write_text(f"{before}{_START}\n{text}{_END}{rest.partition(_END)[2]}", "utf-8")


async def main() -> None:
    parser = argparse.ArgumentParser("bench-dashboard")
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="starts of the API")
    parser.add_argument("--again", type=int, default=3, help="how often each view is asked for again")
    parser.add_argument("--database", help="the URL of a database that was filled before, and is kept")
    parser.add_argument("--write", action="store_true", help="into docs/operations-dashboard.md")
    options = parser.parse_args()
    waited: defaultdict[str, Waited] = defaultdict(Waited)
    async with servers() as started, AsyncExitStack() as stack:
        place = await stack.enter_async_context(started.place())
        if options.database:
            place = Place(options.database, place.amqp_url, place.smtp_port, place.home)
        else:
            await Punctual().prepare(place)
            with tqdm(total=options.jobs, unit="job", unit_scale=True, desc="history") as bar:
                await leave_behind(place.database_url, options.jobs, bar.update)
            await add_operations(place.database_url, options.jobs)
        async with connected(place.database_url) as database:
            asked = views(await known_ids(database))
        for _ in tqdm(range(options.rounds), unit="start"):
            await a_round(place, asked, waited, again=options.again)
    text = told(waited)
    print(text)
    late = [name for name, each in waited.items() if min(each.first) > BOUND or min(each.again) > BOUND]
    print(f"Above {BOUND:.0f} ms: {', '.join(late) or 'none'}")
    if options.write:
        write(ROOT / "docs" / "operations-dashboard.md", text)


if __name__ == "__main__":
    asyncio.run(main())
