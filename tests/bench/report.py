"""`make bench-report`: writes docs/benchmarks.md, .json and .svg from the results of `make bench`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template
from typing import Final

from deploy.local.state import stack_home
from tests.bench import tables
from tests.bench.calm import DISTURBED, SLOWER
from tests.bench.plot import plot
from tests.bench.results import Results
from tests.bench.runner import Limits
from tests.bench.sitting import CONNECTIONS
from tests.support.repository import DOCS

PAGE: Final = Path(__file__).with_name("page.md")
NOTHING: Final = "Not measured in this run.\n"
_MEMORY: Final = (
    ("API, MiB, at the start", "api_start"),
    ("API, MiB, after 5,000 bookings", "api_first"),
    ("API, MiB, at the end", "api_last"),
    ("notifier, MiB, at the start", "worker_start"),
    ("notifier, MiB, after 5,000 bookings", "worker_first"),
    ("notifier, MiB, at the end", "worker_last"),
)
_SECOND: Final = (
    ("67 in one second: the last one late, ms, median of ten seconds", "last_p50"),
    ("the same, the worst second", "last_most"),
)
_BURST: Final = (
    ("20,000 in one second: all sent after, s", "all_after"),
    ("missing", "missing"),
    ("confirmations meanwhile, sent → mail, p50, ms", "told_p50"),
    ("the same, p99, ms", "told_p99"),
)
_WAL: Final = (
    ("bytes a booking and its mail, without images of whole pages", "bytes"),
    ("bytes of such images, long after a checkpoint", "images"),
)


def page(results: Results) -> str:
    """The whole page, in Markdown."""
    measured = {each.phase for each in results.samples.values()}

    def when(phases: Sequence[str], write: Callable[[], str]) -> str:
        return write() if measured.issuperset(phases) else NOTHING

    parts = {
        "targets": tables.targets(results),
        "post": when(["post"], lambda: tables.post(results)),
        "beside": when(["post"], lambda: tables.beside_us(results)),
        "latency50": when(["latency50"], lambda: tables.latency(results, 50)),
        "latency500": when(["latency500"], lambda: tables.latency(results, 500)),
        "drain": when(["drain"], lambda: tables.drain(results)),
        "cpu": when(["post"], lambda: tables.cpu(results)),
        "sizes": when(["post"], lambda: tables.sizes(results)),
        "memory": when(["memory"], lambda: tables.single(results, "memory", _MEMORY)),
        "shapes": when(["shapes"], lambda: tables.pairs(results, "shapes")),
        "history": _histories(results),
        "reminders": when(["reminders"], lambda: tables.reminders(results)),
        "bursts": when(["second"], lambda: tables.single(results, "second", _SECOND))
        + "\n"
        + when(["burst"], lambda: tables.single(results, "burst", _BURST)),
        "wal": when(["wal"], lambda: tables.single(results, "wal", _WAL)),
    }
    facts = {
        **results.machine,
        "when": max((each.at for each in results.samples.values()), default="")[:10],
        "tries": str(Limits().tries),
        "slower": f"{SLOWER:g}",
        "disturbed": f"{DISTURBED:.0%}",
        "connections": str(CONNECTIONS),
        "restless": _restless(results),
    }
    text = Template(PAGE.read_text("utf-8")).substitute({**facts, **parts})
    return text.replace("\n\n\n", "\n\n")


def _histories(results: Results) -> str:
    """The million always; the ten million where they were asked for."""
    known = [phase for phase in ("history", "history10") if results.names(phase)]
    return "\n".join(tables.pairs(results, phase) for phase in known) or NOTHING


def _restless(results: Results) -> str:
    """The phases whose machine was not calm in any try, by name."""
    restless = results.restless()
    if not restless:
        return "In this run the machine was calm in each phase."
    names = sorted({f"{each.phase} ({each.name})" for each in restless})
    shown = "; ".join(names[:5]) + ("; and others" if len(names) > 5 else "")
    return (
        f"In this run the machine was not calm in {len(restless)} of {len(results.samples)} phases, in no try: {shown}."
        " Their figures are worse than they ought to be."
    )


def main() -> int:
    parser = argparse.ArgumentParser("bench-report", description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=stack_home() / "bench" / "results.json", help="the file of JSON"
    )
    parser.add_argument("--folder", type=Path, default=DOCS, help="of the page; unset: docs")
    options = parser.parse_args()
    results = Results.load(options.results)
    if results is None:
        parser.error(f"{options.results}: no such results; `make bench` writes them")
    results.save(options.folder / "benchmarks.json")
    (options.folder / "benchmarks.md").write_text(page(results), "utf-8")
    plot(results, options.folder / "benchmarks.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
