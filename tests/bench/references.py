"""Measures what foreign keys cost a whole booking: `python -m tests.bench.references` (docs/decisions/0014).

One stack takes the same number of bookings again and again, each time with other keys or with none, in an order that
changes with every round. So all of them meet the same tables, caches and neighbours. `--only schema` compares the keys
of the schema, all together, with none.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.database import Database
from tests.bench import bookings
from tests.bench.contenders import Punctual
from tests.bench.cpu import MEASURED, cpu_seconds
from tests.bench.figures import Latency, Spread, table
from tests.bench.running import Running
from tests.bench.servers import Servers, connected, servers
from tests.bench.sitting import CONNECTIONS, all_told, on_new_servers
from tests.bench.wire import saturate

_UNLIMITED: Final = Punctual(settings={"MAILS_PER_HOUR": "off"})
"""Two thousand clients get more mails here than any clinic sends."""
Key = tuple[str, str, str]
"""A table, its column, the table that it refers to."""
KEYS: Final[Mapping[str, Key]] = {
    "jobs → appointments": ("jobs", "appointment_id", "appointments"),
    "jobs → clients": ("jobs", "client_id", "clients"),
    "in_app_notifications → appointments": ("in_app_notifications", "appointment_id", "appointments"),
    "in_app_notifications → clients": ("in_app_notifications", "client_id", "clients"),
    "appointments → clients": ("appointments", "client_id", "clients"),
    "appointments → doctors": ("appointments", "doctor_id", "doctors"),
}
NONE: Final = "none"
SCHEMA: Final = "those of the schema (migration 0026)"
_OF_THE_SCHEMA: Final = (
    "jobs → appointments",
    "in_app_notifications → appointments",
    "appointments → clients",
    "appointments → doctors",
)
SETS: Final[Mapping[str, Sequence[Key]]] = {
    NONE: (),
    SCHEMA: [KEYS[name] for name in _OF_THE_SCHEMA],
    **{name: (key,) for name, key in KEYS.items()},
}
"""Keys that are measured together."""


@dataclass
class Samples:
    """One figure a round: CPU in milliseconds for a booking and its mail, of all processes and of PostgreSQL alone; the
    median answer of POST in milliseconds; seconds from the first booking to the last mail."""

    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    drained: list[float] = field(default_factory=list)


async def main() -> None:
    parser = argparse.ArgumentParser("references")
    parser.add_argument("--rounds", type=int, default=8, help="at least two")
    parser.add_argument("--bookings", type=int, default=2_000)
    parser.add_argument("--only", choices=["schema"], help="measure these keys alone, and none")
    options = parser.parse_args()
    samples = {name: Samples() for name in ((NONE, SCHEMA) if options.only else SETS)}
    async with servers() as started, on_new_servers(started, _UNLIMITED) as running:
        running.start_worker()
        requests = bookings.requests()
        await _measure(started, running, requests, options.bookings, Samples())  # all are warm
        async with connected(running.place.database_url) as database:
            await _drop_all(database)
            for _ in range(options.rounds):
                for name in random.sample(list(samples), len(samples)):
                    await _add(database, SETS[name])
                    await _measure(started, running, requests, options.bookings, samples[name])
                    await _drop_all(database)
    print(_written(samples))


async def _measure(started: Servers, running: Running, requests: Iterator[bytes], count: int, samples: Samples) -> None:
    pids = {part: each for part, each in {**running.pids, **started.pids}.items() if part in MEASURED}

    def spent() -> dict[str, float]:
        return {part: sum(map(cpu_seconds, each)) for part, each in pids.items()}

    before, sent, began = spent(), started.sink.count(), time.perf_counter()
    answers = await saturate(running.urls, requests, connections=CONNECTIONS, most=count)
    await all_told(started, sent + len(answers.seconds))
    samples.drained.append(time.perf_counter() - began)
    after, made = spent(), len(answers.seconds)
    samples.cpu.append(sum(after[role] - before[role] for role in after) / made * 1000)
    samples.database.append((after["database"] - before["database"]) / made * 1000)
    samples.answer.append(Latency.of(answers.seconds).p50)


async def _add(database: Database, keys: Sequence[Key]) -> None:
    for table_name, column, target in keys:
        await database.execute(
            f"ALTER TABLE {table_name} ADD CONSTRAINT measured_{column}"
            f" FOREIGN KEY ({column}) REFERENCES {target} NOT VALID"
        )


async def _drop_all(database: Database) -> None:
    """All measured keys, those that the schema has included."""
    for table_name, column, target in KEYS.values():
        rows = await database.fetch(
            "SELECT c.conname FROM pg_constraint c"
            "  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid = $1::text::regclass AND c.confrelid = $2::text::regclass"
            "   AND a.attname = $3",
            table_name,
            target,
            column,
        )
        for row in rows:
            await database.execute(f'ALTER TABLE {table_name} DROP CONSTRAINT "{row["conname"]}"')


def _written(samples: Mapping[str, Samples]) -> str:
    base = samples[NONE]

    def row(name: str, each: Samples) -> list[object]:
        more = [(with_it / without - 1) * 100 for with_it, without in zip(each.cpu, base.cpu, strict=True)]
        cells = (each.cpu, each.database, each.answer, each.drained)
        return [name, *(Spread.of(cell) for cell in cells), _median_and_quartiles(more)]

    head = [
        "keys",
        "CPU, ms",
        "of PostgreSQL, ms",
        "POST p50, ms",
        "to the last mail, s",
        "CPU more, median and quartiles of rounds",
    ]
    return table(head, [row(name, each) for name, each in samples.items()])


def _median_and_quartiles(percents: Sequence[float]) -> str:
    low, median, high = statistics.quantiles(percents, n=4)
    return f"{median:+.1f} % ({low:+.1f} to {high:+.1f})"


if __name__ == "__main__":
    asyncio.run(main())
