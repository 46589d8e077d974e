"""What docs/benchmarks.md says, and the plot in README."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.figures import Spread, brief, table
from tests.bench.phases import CONNECTIONS, DRAINING, Drained, Plan, Served
from tests.bench.scheduled import WINDOW, Burst, Kept

US: Final = "Punctual"
_HEAD: Final = """# Benchmarks

{today}, {cores} cores, {processor}, Python {python}, Linux {linux}: `make bench`, {rounds} rounds.

In every round each contender in turn has private servers that are new to it. PostgreSQL (with fsync), RabbitMQ, the
mail sink, the load and the contender's two processes share the cores. Figures are medians (lowest to highest), ratios
are of medians of this run. Absolute figures move with the machine; ratios hardly.

Punctual runs with its default settings: every guarantee, limit, validation, metric and log line. The peers
(tests/bench/peers) do the same job as their documentation recommends, with less: no outbox, no ledger against
duplicates, no retries by reply code, no authentication. All send text and HTML, 2 kB.
"""
_PROCESSES: Final = ("api", "worker", "broker", "database")
_COLOURS: Final = ("#0b6e4f", "#9aa3af")


@dataclass
class Results:
    """By contender, one entry a round."""

    drained: dict[str, list[Drained]] = field(default_factory=dict)
    served: dict[str, list[Served]] = field(default_factory=dict)
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    bursts: dict[str, list[Burst]] = field(default_factory=dict)


def written(results: Results, plan: Plan, rounds: int, reminders: int, waiting: int) -> str:
    """The whole page, in Markdown. `waiting`: reminders in a burst."""
    return "\n".join(
        (
            _HEAD.format(
                today=datetime.now(UTC).date(),
                cores=os.cpu_count(),
                processor=_processor(),
                python=platform.python_version(),
                linux=platform.release().partition("-")[0],
                rounds=rounds,
            ),
            _bookings(results.served),
            _told(results.served, plan),
            _drained(results.drained, plan),
            _cpu(results.served),
            _scheduled(results.kept, reminders),
            _bursts(results.bursts, waiting),
        )
    )


def _bookings(served: Mapping[str, Sequence[Served]]) -> str:
    ours = Spread.of([each.booking.rate for each in served[US]])
    mailed = Spread.of([each.through for each in served[US]])
    rows = [
        [
            name,
            rate := Spread.of([one.booking.rate for one in each]),
            Spread.of([one.booking.latency.p50 for one in each]),
            Spread.of([one.booking.latency.p99 for one in each]),
            f"{ours.median / rate.median:.1f}",
            through := Spread.of([one.through for one in each]),
            f"{mailed.median / through.median:.1f}",
        ]
        for name, each in served.items()
    ]
    head = ["who", "bookings/s", "p50, ms", "p99, ms", "Punctual: times", "booked and mailed/s", "Punctual: times"]
    return (
        f"## Bookings, {CONNECTIONS} connections, the worker running\n\n{table(head, rows)}\n"
        "`booked and mailed` counts until the last mail has arrived: a worker that does not keep up leaves the cores to"
        " its API, and its mails for later.\n"
    )


def _told(served: Mapping[str, Sequence[Served]], plan: Plan) -> str:
    rows = [
        [
            name,
            *(
                " / ".join(str(Spread.of([getattr(one.told[rate], figure) for one in each])) for figure in _P50_P99)
                for rate in plan.rates
            ),
        ]
        for name, each in served.items()
    ]
    head = ["who", *(f"{rate} bookings/s: p50 / p99, ms" for rate in plan.rates)]
    return f"## From the answer to the mail\n\n{table(head, rows)}"


def _drained(drained: Mapping[str, Sequence[Drained]], plan: Plan) -> str:
    ours = Spread.of([each.rate for each in drained[US]])
    rows = [
        [name, rate := Spread.of([one.rate for one in each]), f"{ours.median / rate.median:.1f}"]
        for name, each in drained.items()
    ]
    return (
        f"## A backlog of {plan.backlog:,} confirmations\n\n"
        f"{table(['who', 'mails/s', 'Punctual: times'], rows)}\n"
        f"From the first mail to the last, or for {DRAINING:.0f} s.\n"
    )


def _cpu(served: Mapping[str, Sequence[Served]]) -> str:
    ours = Spread.of([sum(each.cpu.values()) for each in served[US]])
    rows = []
    for name, each in served.items():
        whole = Spread.of([sum(one.cpu.values()) for one in each])
        parts = (Spread.of([one.cpu[process] for one in each]).median for process in _PROCESSES)
        memory = (brief(Spread.of([one.memory[process] for one in each]).median) for process in ("api", "worker"))
        rows.append([name, *map(brief, parts), whole, f"{ours.median / whole.median:.2f}", *memory])
    head = ["who", *_PROCESSES, "together", "Punctual needs", "API MiB", "worker MiB"]
    return f"## CPU seconds for 1,000 bookings and their mails, and memory\n\n{table(head, rows)}"


def _scheduled(kept: Mapping[str, Sequence[Kept]], reminders: int) -> str:
    rows = [
        [
            name,
            *(Spread.of([getattr(one.lateness, figure) for one in each]) for figure in ("p50", "p99", "largest")),
            sum(one.missing for one in each),
            brief(Spread.of([one.memory["worker"] for one in each]).median),
        ]
        for name, each in kept.items()
    ]
    head = ["who", "p50, ms late", "p99", "max", "missing", "worker MiB"]
    return f"## {reminders:,} reminders due in {WINDOW:.0f} s\n\n{table(head, rows)}"


def _bursts(bursts: Mapping[str, Sequence[Burst]], waiting: int) -> str:
    rows = [
        [
            name,
            Spread.of([one.seconds for one in each]),
            sum(one.missing for one in each),
            Spread.of([one.told.p50 for one in each]),
            Spread.of([one.told.p99 for one in each]),
        ]
        for name, each in bursts.items()
    ]
    head = ["who", "all sent after, s", "missing", "mails of bookings meanwhile: p50, ms", "p99"]
    return f"## {waiting:,} reminders due at the same second, with 20 bookings/s\n\n{table(head, rows)}"


_P50_P99: Final = ("p50", "p99")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def plot(results: Results, file: Path) -> None:
    """Three rows of bars: bookings a second, mails a second, CPU."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    charts: list[tuple[str, dict[str, Spread]]] = [
        ("booked and mailed/s", {n: Spread.of([o.through for o in e]) for n, e in results.served.items()}),
        ("mails/s from a backlog", {n: Spread.of([o.rate for o in e]) for n, e in results.drained.items()}),
        (
            "CPU s for 1,000 bookings",
            {n: Spread.of([sum(o.cpu.values()) for o in e]) for n, e in results.served.items()},
        ),
    ]
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "punctual", "font.family": "sans-serif"})
    figure, axes = pyplot.subplots(1, 3, figsize=(9.5, 2.2), layout="constrained")
    for axis, (title, values) in zip(axes, charts, strict=True):
        names = list(values)[::-1]
        medians = [values[name].median for name in names]
        errors = [
            [values[n].median - values[n].lowest for n in names],
            [values[n].highest - values[n].median for n in names],
        ]
        bars = axis.barh(names, medians, xerr=errors, color=[_COLOURS[name != US] for name in names], ecolor="#4b5563")
        axis.bar_label(bars, [brief(value) for value in medians], padding=10)
        axis.set_title(title, loc="left", fontsize=9, fontweight="bold")
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_xticks([])
        axis.set_xlim(0, max(medians) * 1.35)
        if axis is not axes[0]:
            axis.set_yticks([])
    figure.savefig(file, format="svg", metadata={"Date": None})
    pyplot.close(figure)
