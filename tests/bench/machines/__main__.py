"""Prints the table of docs/scaling.md; `--write` puts it there."""

import sys
from typing import Final

from tests.bench.figures import table
from tests.bench.machines.layouts import Layout, best
from tests.bench.machines.simulation import simulate
from tests.support.repository import ROOT

_PAGE: Final = ROOT / "docs" / "scaling.md"
_BEGIN: Final = "<!-- python -m tests.bench.machines -->\n"
_END: Final = "<!-- end -->\n"
_SHARDS: Final = 8
_HEAD: Final = (
    "machines",
    "installations",
    "SHARDS",
    "read replicas",
    "bookings/s",
    "full first",
    "p99 of the answer, ms",
    "p99 to the mail, ms",
)


def layouts() -> list[Layout]:
    """For each number of machines: one installation, then what is added to it, then many."""
    found = [Layout(20)]
    for machines in (100, 1000):
        found += [
            Layout(machines),
            Layout(machines, shards=_SHARDS),
            Layout(machines, shards=_SHARDS, replicas=2),
            best(machines, shards=_SHARDS, replicas=0),
            best(machines, shards=_SHARDS, replicas=1),
        ]
    return found


def results() -> str:
    """The table, in Markdown. The same each time: its chance has a seed."""
    rows = []
    for layout in layouts():
        times = simulate(layout, layout.of_the_busiest)
        rows.append(
            [
                layout.machines,
                layout.installations,
                layout.shards,
                layout.replicas,
                f"{round(layout.capacity, -2):,.0f}",
                layout.full_first,
                f"{times.answer:.1f}",
                f"{times.mail:.1f}",
            ]
        )
    return table(_HEAD, rows)


def shown() -> str:
    """The table that the page has."""
    return _PAGE.read_text("utf-8").partition(_BEGIN)[2].partition(_END)[0]


def main() -> None:
    found = results()
    print(found)
    if "--write" in sys.argv:
        before, _, rest = _PAGE.read_text("utf-8").partition(_BEGIN)
        _PAGE.write_text(before + _BEGIN + found + "\n" + _END + rest.partition(_END)[2], "utf-8")


if __name__ == "__main__":
    main()
