"""Works off the steps of a run: sits each contender down, measures, and repeats phases that the machine disturbed."""

import gc
import math
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.process.progress import ProgressBar
from tests.bench.calm import Beside, FixedWork, calmest
from tests.bench.cpu import Spent
from tests.bench.plan import Step, expected
from tests.bench.results import Results, Sample, now
from tests.bench.servers import Servers
from tests.bench.sitting import Places, Sitting

_CALIBRATIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """`tries`: how often a phase is measured at most, until the machine was calm. `repeats_until`: seconds after the
    start of the run; from then on nothing is repeated."""

    tries: int = 3
    repeats_until: float = math.inf


class Runner:
    """`failed`: steps that could not be measured, with the reason; the others go on."""

    def __init__(self, servers: Servers, fixed: FixedWork, results: Results, file: Path, limits: Limits) -> None:
        self._servers = servers
        self._fixed = fixed
        self._results = results
        self._file = file
        self._limits = limits
        self._places = Places(servers)
        self._sitting: Sitting | None = None
        self._stack = AsyncExitStack()
        self._began = time.monotonic()
        self.failed: list[str] = []

    async def run(self, steps: Sequence[Step], shown: ProgressBar) -> None:
        """Measures the steps, and saves the results after each."""
        for _ in range(_CALIBRATIONS):
            await self._fixed.time()
        self._fixed.best = min(self._fixed.best, self._results.best)
        gc.freeze()  # a full collection of the load's objects would be in its clients' times
        try:
            for step, seconds in zip(steps, expected(steps), strict=True):
                with shown.piece(str(step), seconds):
                    await self._step(step, shown)
        finally:
            gc.unfreeze()
            await self._rise()
            await self._places.close()

    async def _step(self, step: Step, shown: ProgressBar) -> None:
        try:
            self._results.add(await self._sample(step))
            self._results.best = min(self._results.best, self._fixed.best)
            self._results.save(self._file)
        except Exception:  # noqa: BLE001 - printed, counted and told by the exit status: the others go on
            self.failed.append(str(step))
            shown.say(f"BROKEN: {step}\n{traceback.format_exc()}")
            await self._rise()

    async def _sample(self, step: Step) -> Sample:
        began = time.monotonic()
        tries: list[tuple[Mapping[str, float], Spent, Beside]] = []
        while len(tries) < self._limits.tries:
            tries.append(await self._try(step))
            late = time.monotonic() - self._began > self._limits.repeats_until
            if tries[-1][2].is_calm(self._fixed.best) or late:
                break
        figures, spent, beside = tries[calmest([each for _, _, each in tries], self._fixed.best)]
        return Sample(
            step.group,
            step.setup.name,
            step.round,
            {name: value for name, value in figures.items() if not math.isnan(value)},
            cpu_per_mail(spent, figures["mails"]),
            beside,
            len(tries),
            time.monotonic() - began,
            now(),
        )

    async def _try(self, step: Step) -> tuple[Mapping[str, float], Spent, Beside]:
        sitting = await self._sit(step)
        await step.phase.prepare(sitting)
        work_before = await self._fixed.when_calm()
        gc.collect()
        gc.disable()
        try:
            before = sitting.reading()
            figures = await step.phase.measure(sitting)
            spent = Spent.between(before, sitting.reading(), cores=os.cpu_count() or 1)
        finally:
            gc.enable()
        return figures, spent, Beside.of(work_before, await self._fixed.time(), spent)

    async def _sit(self, step: Step) -> Sitting:
        """The present sitting, if it is the step's, and all its mails have come; else a new one."""
        if self._sitting is None or self._sitting.setup != step.setup or self._sitting.missing:
            await self._rise()
            if step.setup.finished is None:
                await self._places.close()  # a large database that nobody needs any more is still vacuumed
            self._sitting = await self._stack.enter_async_context(self._places.sitting(step.setup))
        return self._sitting

    async def _rise(self) -> None:
        self._sitting = None
        await self._stack.aclose()


def cpu_per_mail(spent: Spent, mails: float) -> dict[str, float]:
    """Milliseconds by part, of the kernel's threads and of strangers, too."""
    seconds = {**spent.parts, "kernel": spent.kernel, "strangers": spent.strangers}
    return {part: second * 1000 / max(mails, 1) for part, second in seconds.items()}
