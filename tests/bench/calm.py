"""Whether the machine was calm: a fixed piece of work is timed on every core beside each phase."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Final, Self

from tests.bench.cpu import Spent

SLOWER: Final = 1.15
"""How much longer than at its best the fixed work may take on a calm machine."""
DISTURBED: Final = 0.05
"""The share of all cores' time that others may have meanwhile."""
_TURNS: Final = 5
_SIZE: Final = 60_000
_PATIENCE: Final = 20.0
_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Beside:
    """How the machine was during a phase. `before`, `after`: milliseconds of CPU that the fixed work took; `disturbed`:
    the share of all cores' time that strangers had."""

    before: float
    after: float
    disturbed: float

    @classmethod
    def of(cls, before: float, after: float, spent: Spent) -> Self:
        return cls(before, after, spent.disturbed)

    def slowness(self, best: float) -> float:
        """How many times as long as at its best the fixed work took; the slower time of both counts."""
        return max(self.before, self.after) / best

    def is_calm(self, best: float) -> bool:
        return self.slowness(best) <= SLOWER and self.disturbed <= DISTURBED

    def unrest(self, best: float) -> float:
        """For comparing tries: 0 is as calm as can be."""
        return self.slowness(best) - 1 + self.disturbed

    def asdict(self) -> dict[str, float]:
        return asdict(self)


class FixedWork:
    """A process a core, asleep but while the fixed work is timed."""

    def __init__(self, cores: int = os.cpu_count() or 1) -> None:
        self._pipes: list[Connection] = []
        self._processes = []
        self.best = float("inf")
        context = multiprocessing.get_context("spawn")
        for _ in range(cores):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work_when_asked, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    async def time(self) -> float:
        """Milliseconds of CPU for the work, done on all cores at once; the slowest core counts."""
        took = await asyncio.to_thread(self._ask)
        self.best = min(self.best, took)
        return took

    async def when_calm(self) -> float:
        """The same, once it is as quick as on a calm machine, or after 20 s."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            took = await self.time()
            if took <= SLOWER * self.best or time.monotonic() > deadline:
                return took
            await asyncio.sleep(_PAUSE)

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()

    def _ask(self) -> float:
        for pipe in self._pipes:
            pipe.send(None)
        return max(float(pipe.recv()) for pipe in self._pipes)


def calmest(tries: Sequence[Beside], best: float) -> int:
    """The number of the try that was disturbed least."""
    return min(range(len(tries)), key=lambda number: tries[number].unrest(best))


def _work_when_asked(pipe: Connection) -> None:
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        pipe.send(_timed())


def _timed() -> float:
    """The median of a few turns, in milliseconds of CPU: waiting for a core is not in it, a slow core is."""
    took = []
    for _ in range(_TURNS):
        began = time.process_time()
        _work()
        took.append(time.process_time() - began)
    return sorted(took)[_TURNS // 2] * 1000


def _work() -> int:
    """Arithmetic, and objects that are made and dropped: the kind of work that all who are measured do."""
    kept: dict[int, str] = {}
    for number in range(_SIZE):
        kept[number % 1009] = str(number * number)
    return len(kept)
