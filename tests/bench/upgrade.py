"""Measures how long bookings wait while a large database is upgraded: `python -m tests.bench.upgrade --jobs 10000000`.

The oldest schema is filled, then migrated while another connection books a hundred times a second. Prints for each step
how long it took and the longest that a booking waited in it (docs/operations.md, Upgrading).
"""

import argparse
import asyncio
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import structlog
from structlog.typing import EventDict, WrappedLogger

from deploy.local.postgres import Postgres
from shared.database.migrations.files import migrations
from shared.database.migrations.ledger import TABLES
from shared.database.migrations.runner import migrate
from shared.database.sql_file import statements
from tests.bench.figures import Latency, table
from tests.bench.servers import connected

_EVERY: Final = 0.01
_SQL: Final = statements("tests.bench.sql", "upgrade.sql")


@dataclass
class Done:
    """A step, and when it ended (seconds of the monotonic clock)."""

    name: str
    seconds: float
    ended: float


@dataclass
class Booked:
    began: float
    took: float


async def main() -> None:
    parser = argparse.ArgumentParser("upgrade")
    parser.add_argument("--jobs", type=int, default=2_000_000)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="punctual-upgrade-"))
    home.chmod(0o755)  # noqa: ASYNC240 - once, before anything runs
    server = Postgres(home, dies_with_us=signal.SIGINT)
    await server.start()
    try:
        await _fill(server.url, options.jobs)
        steps, bookings = await _upgrade(server.url)
    finally:
        await asyncio.to_thread(server.stop)
        server.remove()
    print(f"{options.jobs:,} jobs; {len(bookings)} bookings meanwhile, ms (p50 / p99 / longest):")
    print(Latency.of([each.took for each in bookings]))
    print(table(["step", "seconds", "longest wait of a booking, ms"], [_row(each, bookings) for each in steps]))


async def _fill(url: str, jobs: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        first = migrations()[0]
        await connection.execute(TABLES)
        await connection.execute(first.text)
        await connection.execute(
            "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", first.name, first.checksum
        )
        await connection.execute(_SQL["people"])
        await connection.execute(_SQL["appointments"], jobs // 2)
        await connection.execute(_SQL["jobs"])
        await connection.execute(_SQL["notifications"])
        await connection.execute(_SQL["whole"])
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _upgrade(url: str) -> tuple[list[Done], list[Booked]]:
    steps: list[Done] = []
    structlog.configure(processors=[_noting(steps.append), structlog.dev.ConsoleRenderer()])
    bookings: list[Booked] = []
    booking = asyncio.create_task(_book(url, bookings))
    await asyncio.sleep(2)
    async with connected(url) as database:
        await migrate(database)
    await asyncio.sleep(2)
    booking.cancel()
    await asyncio.gather(booking, return_exceptions=True)
    return steps, bookings


def _noting(note: Callable[[Done], None]) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def noted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if event["event"] == "migration step done":
            note(Done(f"{event['migration']}: {event['step']}", event["seconds"], time.monotonic()))
        return event

    return noted


async def _book(url: str, bookings: list[Booked]) -> None:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    number = 0
    try:
        while True:
            number += 1
            began = time.monotonic()
            await connection.execute(_SQL["book"], number)
            bookings.append(Booked(began, time.monotonic() - began))
            await asyncio.sleep(_EVERY)
    finally:
        connection.terminate()


def _row(step: Done, bookings: list[Booked]) -> list[object]:
    began = step.ended - step.seconds
    met = [each.took for each in bookings if each.began < step.ended and each.began + each.took > began]
    return [step.name, f"{step.seconds:.1f}", f"{max(met, default=0) * 1000:.0f}"]


if __name__ == "__main__":
    asyncio.run(main())
