"""make drill: runs the drills one after the other, and prints what was counted."""

import argparse
import asyncio
import sys
import time

from tests.drills.arena import Result, Servers, run, servers
from tests.drills.catalogue import DRILLS
from tests.drills.controls import CONTROLS, Control

_ROW = "{:22} {:>8} {:>7} {:>10} {:>5} {:>9} {:>12} {:>10}"


def show(result: Result) -> None:
    counted = result.counted
    print(
        _ROW.format(
            result.drill,
            counted.booked,
            result.faults,
            result.unanswered,
            len(counted.lost),
            counted.repeated,
            len(counted.unexplained),
            f"{result.recovered_in:.1f}",
        ),
        flush=True,
    )
    for line in (*counted.lost[:5], *counted.unexplained[:5]):
        print(f"    {line}", flush=True)


async def _is_seen(control: Control, where: Servers, seed: int) -> bool:
    """Whether the drill turns red when its guarantee is taken out."""
    result = await run(control.drill, where, seed, api=control.api, notifier=control.notifier, patience=30)
    show(result)
    if result.counted.holds:
        print("    this must have failed: the drill cannot tell", flush=True)
    return not result.counted.holds


async def main() -> int:
    parser = argparse.ArgumentParser("drill")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", help="names of drills")
    parser.add_argument("--seconds", type=float, help="of load, instead of each drill's own")
    options = parser.parse_args()
    print(f"seed {options.seed}\n")
    heads = ("drill", "bookings", "faults", "unanswered", "lost", "repeated", "unexplained", "recovery s")
    print(_ROW.format(*heads), flush=True)
    good = True
    async with servers() as where:
        for drill in DRILLS:
            if not options.only or drill.name in options.only:
                result = await run(drill, where, options.seed, seconds=options.seconds)
                show(result)
                good = good and result.counted.holds
        for control in CONTROLS:
            if not options.only or control.drill.name in options.only:
                good = await _is_seen(control, where, options.seed) and good
    print("\nall promises held" if good else "\nPROMISES BROKEN")
    return 0 if good else 1


sys.exit(asyncio.run(main()))
