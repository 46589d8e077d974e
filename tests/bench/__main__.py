"""`make bench`: measures Punctual beside others that do the same job, in turns, in one run; writes the results as JSON.

A run that was interrupted goes on where it ended. `make bench-report` writes docs/benchmarks.md from the results.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path
from typing import Final

import structlog
import uvloop

from deploy.local.state import stack_home
from shared.process.progress import progress
from tests.bench import tables
from tests.bench.calm import FixedWork
from tests.bench.plan import Step, expected, groups, quick_groups, steps
from tests.bench.results import Results
from tests.bench.runner import Limits, Runner
from tests.bench.servers import started_servers
from tests.bench.setups import of_checkout, of_contenders
from tests.bench.targets import verdicts

QUICK: Final = Limits(tries=2, repeats_until=110)
_LINES_EVERY: Final = 30.0


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser("bench", description=__doc__)
    whole.add_argument(
        "--quick", action="store_true", help="the decisive phases beside two peers, one round, not resumed"
    )
    whole.add_argument("--phases", default="", help="names, separated by spaces or commas; unset: all but history10")
    whole.add_argument(
        "--peers", default="", help="all, core, quick, or names of contenders, separated by ';'; unset: all"
    )
    whole.add_argument(
        "--beside", type=Path, help="a checkout of other code, measured in the same rounds; it has a .venv"
    )
    whole.add_argument("--rounds", type=int, help="unset: 3, of --quick 1")
    whole.add_argument("--tries", type=int, default=3, help="how often a phase is measured until the machine was calm")
    whole.add_argument("--results", type=Path, help="unset: bench/results.json in PUNCTUAL_HOME, or .local")
    whole.add_argument("--again", action="store_true", help="measure steps that have results already")
    whole.add_argument("--plan", action="store_true", help="print the steps and how long they take, measure nothing")
    return whole


def chosen(options: argparse.Namespace) -> list[Step]:
    """The steps that the options ask for. Raises ValueError."""
    names = options.phases.replace(",", " ").split()
    default = "quick" if options.quick else "all"
    peers = [each.strip() for each in (options.peers or default).split(";")]
    rounds = options.rounds or (1 if options.quick else 3)
    setups = [*of_contenders(peers), *([of_checkout(options.beside)] if options.beside else ())]
    return steps(quick_groups() if options.quick else groups(), names, setups, rounds)


def begun(options: argparse.Namespace, file: Path) -> Results:
    """The results to go on with: those of the file, if they are of this code; they are put aside if not."""
    known = None if options.quick else Results.load(file)
    fresh = Results.new()
    if known is None:
        return fresh
    if known.code == fresh.code and known.machine == fresh.machine:
        return known
    aside = file.with_name(f"{file.stem}-{known.code}{file.suffix}")
    file.replace(aside)
    print(f"the results so far are of other code or of another machine: they are in {aside} now")
    return fresh


def measure(planned: list[Step], results: Results, file: Path, limits: Limits) -> list[str]:
    """Returns the steps that failed."""
    if not planned:
        return []
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    fixed = FixedWork()
    try:
        with started_servers() as started:
            runner = Runner(started, fixed, results, file, limits)
            uvloop.run(_run(runner, planned))
    finally:
        fixed.stop()
    return runner.failed


async def _run(runner: Runner, planned: list[Step]) -> None:
    async with progress("bench", sum(expected(planned)), lines_every=_LINES_EVERY) as shown:
        await runner.run(planned, shown)


def main() -> int:
    whole = parser()
    options = whole.parse_args()
    try:
        planned = chosen(options)
    except ValueError as error:
        whole.error(str(error))
    try:
        return run(options, planned)
    except KeyboardInterrupt:
        print("interrupted; whatever was measured is kept, and the same command goes on from there")
        return 128 + signal.SIGINT


def run(options: argparse.Namespace, planned: list[Step]) -> int:
    """Returns the exit status: 1 if a step could not be measured."""
    file = options.results or stack_home() / "bench" / ("quick.json" if options.quick else "results.json")
    if options.plan:
        show_plan(planned)
        return 0
    results = begun(options, file)
    missing = [step for step in planned if options.again or step.key not in results.samples]
    if len(missing) < len(planned):
        print(
            f"{len(planned) - len(missing)} of {len(planned)} steps have results already (--again measures them anew)"
        )
    limits = QUICK if options.quick else Limits(options.tries)
    failed = measure(missing, results, file, limits)
    print(summary(results))
    print(f"results: {file}")
    for each in failed:
        print(f"BROKEN: {each}")
    return 1 if failed else 0


def show_plan(planned: list[Step]) -> None:
    seconds = expected(planned)
    for step, each in zip(planned, seconds, strict=True):
        print(f"{each:6.0f} s  {step}")
    print(f"{sum(seconds) / 60:6.1f} min for {len(planned)} steps on a calm machine")


def summary(results: Results) -> str:
    """The tables that every run prints."""
    parts = []
    if any(each.reached is not None for each in verdicts(results)):
        parts.append(tables.targets(results, measured_only=True))
    if results.names("post"):
        parts += [tables.post(results), tables.beside_us(results), tables.cpu(results), tables.sizes(results)]
    parts += [f"{rate}/s\n\n{tables.latency(results, rate)}" for rate in (50, 500) if results.names(f"latency{rate}")]
    if results.names("drain"):
        parts.append(tables.drain(results))
    restless = results.restless()
    parts.append(f"The machine was not calm in {len(restless)} of {len(results.samples)} phases.")
    return "\n" + "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
