"""The gain of a second API and of more notifiers on this machine: `make bench-scaling`, ten minutes."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from deploy.local.state import stack_home
from tests.bench.__main__ import measure
from tests.bench.contenders import US
from tests.bench.figures import Spread, table
from tests.bench.phases.drain import Drain
from tests.bench.phases.post import Post
from tests.bench.plan import Group, Step, steps
from tests.bench.results import Results
from tests.bench.runner import Limits
from tests.bench.setups import Setup

SHAPES: Final = ((1, 1), (2, 1), (1, 2), (2, 2), (2, 4))
"""API processes and notifiers."""
PARTS: Final = ("api", "worker", "broker", "database")


def planned(rounds: int) -> list[Step]:
    shapes = [Setup(f"{apis} + {notifiers}", US, apis, notifiers) for apis, notifiers in SHAPES]
    return steps([Group({"post": Post(), "drain": Drain()}, lambda _: shapes)], (), (), rounds)


def written(results: Results) -> str:
    head = ["APIs + notifiers", "booked and mailed/s", "POST/s", "p99, ms", "mails/s from a backlog"]
    head += [f"{part}, CPU ms" for part in PARTS]
    rows = [
        [
            name,
            *(Spread.of([*results.figures("post", name, figure).values()]) for figure in ("through", "rate", "p99")),
            Spread.of([*results.figures("drain", name, "rate").values()]),
            *(Spread.of([*results.cpu("post", name, [part]).values()]) for part in PARTS),
        ]
        for name in results.names("post")
    ]
    return f"{os.cpu_count()} cores; CPU milliseconds of a booking and its mail\n\n{table(head, rows)}"


def main() -> int:
    parser = argparse.ArgumentParser("bench-scaling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="unset: 3")
    parser.add_argument(
        "--results", type=Path, default=stack_home() / "bench" / "scaling.json", help="the file of JSON"
    )
    options = parser.parse_args()
    results = Results.new()
    failed = measure(planned(options.rounds), results, options.results, Limits())
    print(written(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
