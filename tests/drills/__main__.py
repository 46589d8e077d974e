"""make drill: runs the drills, then those that must fail, and prints what was counted."""

import argparse
import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, TypeVar

from shared.process.progress import ProgressBar, progress
from tests.drills.arena import Drill, Result
from tests.drills.catalogue import CLUSTER, DRILLS
from tests.drills.controls import CLUSTER_CONTROLS, CONTROLS, Control
from tests.drills.places import NotHere
from tests.drills.report import expected, head, show
from tests.drills.runner import run
from tests.drills.servers import Servers, servers

T = TypeVar("T")
_LINES_EVERY: Final = 30.0
LANES: Final = 2
"""Drills at once, each lane on servers of its own: most of a drill is waiting."""


class Series:
    """Everything that was asked for, in lanes."""

    def __init__(self, seed: int, only: Sequence[str] | None, where: Sequence[Servers], shown: ProgressBar) -> None:
        self._seed = seed
        self._lanes = where
        self._shown = shown
        self._drills = [drill for drill in (*DRILLS, *CLUSTER) if drill.name in only] if only else list(DRILLS)
        named = [each for each in (*CONTROLS, *CLUSTER_CONTROLS) if each.drill.name.removeprefix("! ") in (only or ())]
        self._controls = named if only else list(CONTROLS)
        self._results: list[Result] = []
        self._failed: list[str] = []
        self.missed: list[str] = []
        everything = [*self._drills, *(control.drill for control in self._controls)]
        shown.expect(sum(map(expected, everything)))

    async def run(self) -> bool:
        """Whether every promise held, and every control was seen."""
        head(self._shown.say)
        await self._share(self._drills, lambda drill: drill.alone, self._green)
        if self._controls:
            self._shown.say("\nWith a guarantee taken out, each of these must break a promise of its own:")
        await self._share(self._controls, lambda control: control.drill.alone, self._red)
        return not self._failed

    async def _share(
        self, work: Iterable[T], alone: Callable[[T], bool], do: Callable[[T, Servers], Awaitable[None]]
    ) -> None:
        """Each lane takes the next one when it is free; what must be alone comes at the end."""
        together = [each for each in work if not alone(each)]
        waiting = iter(together)

        async def lane(where: Servers) -> None:
            for each in waiting:
                await do(each, where)

        await asyncio.gather(*(lane(where) for where in self._lanes))
        for each in work:
            if alone(each):
                await do(each, self._lanes[0])

    async def _green(self, drill: Drill, where: Servers) -> None:
        result = await self._attempt(drill, where)
        if result is not None:
            show(result, self._shown.say)
            self._results.append(result)
            if not result.holds:
                self._failed.append(drill.name)
        self._shown.advance(expected(drill))

    async def _red(self, control: Control, where: Servers) -> None:
        green = next(filter(control.is_twin, self._results), None)
        if green is None:
            green = await self._attempt(control.twin, where, patience=control.patience)
        red = await self._attempt(control.drill, where, patience=control.patience)
        if red is not None and green is not None:
            show(red, self._shown.say, wrong="seen")
            unseen = control.unseen(red, green)
            if unseen:
                self._shown.say(f"    BROKEN: {unseen}")
                self._failed.append(control.drill.name)
        self._shown.advance(expected(control.drill))

    async def _attempt(self, drill: Drill, where: Servers, **options: Any) -> Result | None:
        """None where the drill could not be made at all: that is no success, unless this machine does not allow it."""
        try:
            return await run(drill, where, self._seed, **options)
        except NotHere as reason:
            self.missed.append(drill.name)
            self._shown.say(f"{drill.name}: not on this machine ({reason})")
        except Exception:  # noqa: BLE001 - printed, and counted as a failure: the others go on
            self._failed.append(drill.name)
            self._shown.say(f"{drill.name}: BROKEN: it could not be run\n{traceback.format_exc()}")
        return None


async def main() -> int:
    parser = argparse.ArgumentParser("drill", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", help="names of drills, or of controls without their '! '")
    parser.add_argument("--keep", action="store_true", help="keep the logs of both services, and say where")
    options = parser.parse_args()
    for library in ("asyncpg", "aiormq", "aio_pika"):  # of our own connections to what a drill has just killed
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    began = time.monotonic()
    lanes = min(LANES, len(options.only or range(LANES)))
    print(f"seed {options.seed}\n")
    async with AsyncExitStack() as stack:
        where = await asyncio.gather(*(stack.enter_async_context(servers(keep=options.keep)) for _ in range(lanes)))
        shown = await stack.enter_async_context(progress("drills", 0, lines_every=_LINES_EVERY))
        series = Series(options.seed, options.only, where, shown)
        good = await series.run()
    verdict = "all promises held, and every control was seen" if good else "PROMISES BROKEN"
    without = f", without {', '.join(series.missed)}" if series.missed else ""
    print(f"\n{verdict}{without}; seed {options.seed}, {(time.monotonic() - began) / 60:.1f} min")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
