"""make drill: runs the drills one after the other, then those that must fail, and prints what was counted."""

import argparse
import asyncio
import logging
import sys
import time
from contextlib import AsyncExitStack

from tests.drills.arena import Drill, Result, run
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS
from tests.drills.servers import Servers, clustered, servers

_ROW = "{:28} {:>8} {:>6} {:>11} {:>4} {:>8} {:>8} {:>11} {:>10}"
_HEADS = ("drill", "bookings", "faults", "without 200", "lost", "repeated", "repeated", "unexplained", "recovered")
_UNITS = ("", "", "", "", "", "worker", "answer", "", "in s")
_CONTROLS_PATIENCE = 20.0


def show(result: Result, *, wrong: str = "BROKEN") -> None:
    """A row, and under it what was measured and what went wrong."""
    counted = result.counted
    print(
        _ROW.format(
            result.drill,
            counted.booked,
            result.faults,
            result.without_200,
            len(counted.lost),
            counted.worker_lost,
            counted.answer_lost,
            len(counted.unexplained),
            f"{result.recovered_in:.1f}",
        )
    )
    for line in (*result.notes, *(f"{wrong}: {each}" for each in result.complaints[:8])):
        print(f"    {line}")
    sys.stdout.flush()


async def main() -> int:
    parser = argparse.ArgumentParser("drill", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", help="names of drills, or of controls without their '! '")
    options = parser.parse_args()
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # of a pool whose server the drill has just killed
    began = time.monotonic()
    print(f"seed {options.seed}\n\n{_ROW.format(*_HEADS)}\n{_ROW.format(*_UNITS)}", flush=True)
    async with servers() as where:
        held = [await _is_green(drill, where, options.seed) for drill in DRILLS if _wanted(drill, options.only)]
        print("\nWith a guarantee taken out, each of these must break a promise:", flush=True)
        seen = [await _is_red(drill, where, options.seed) for drill in CONTROLS if _wanted(drill, options.only)]
    good = all(held) and all(seen)
    verdict = "all promises held, and every control was seen" if good else "PROMISES BROKEN"
    print(f"\n{verdict}; seed {options.seed}, {(time.monotonic() - began) / 60:.1f} min")
    return 0 if good else 1


def _wanted(drill: Drill, only: list[str] | None) -> bool:
    return not only or drill.name.removeprefix("! ") in only


async def _is_green(drill: Drill, where: Servers, seed: int) -> bool:
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(clustered(where)) if drill.clustered else where
        result = await run(drill, own, seed)
    show(result)
    return result.holds


async def _is_red(drill: Drill, where: Servers, seed: int) -> bool:
    """By what was counted, whatever else the drill looks at."""
    result = await run(drill, where, seed, patience=_CONTROLS_PATIENCE)
    show(result, wrong="seen")
    if result.counted.holds:
        print("    BROKEN: this must have failed; the drill cannot tell", flush=True)
    return not result.counted.holds


sys.exit(asyncio.run(main()))
