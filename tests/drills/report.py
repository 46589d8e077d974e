"""What a series of drills prints: a row a drill, what was wrong under it, and how much is left."""

import sys
import time
from collections.abc import Iterable
from typing import Final

from tests.drills.arena import Drill, Result
from tests.drills.complaints import Kind

_ROW: Final = "{:30} {:>8} {:>6} {:>11} {:>5} {:>8} {:>8} {:>5} {:>9} {:>9}"
_HEADS: Final = (
    ("drill", "bookings", "faults", "without 200", "wrong", "repeated", "repeated", "other", "reminders", "recovered"),
    ("", "", "", "", "", "worker", "answer", "", "late, s", "in s"),
)
_SHOWN: Final = 8
_COUNTED: Final = (Kind.LOST, Kind.STUCK, Kind.TWICE, Kind.STALE, Kind.EARLY, Kind.LATE, Kind.STRAY)


def head() -> None:
    for line in _HEADS:
        print(_ROW.format(*line))
    sys.stdout.flush()


def show(result: Result, *, wrong: str = "BROKEN") -> None:
    """A row. `wrong` counts jobs and mails that are not as promised, `other` everything else that was complained of;
    reminders: how late the last one came, of those in the faults too."""
    counted = result.counted
    late = f"{counted.late[-1]:.1f}" if counted.late else "-"
    print(
        _ROW.format(
            result.drill,
            counted.booked,
            result.faults,
            result.without_200,
            result.number_of(*_COUNTED),
            counted.worker_lost,
            counted.answer_lost,
            len(result.complaints) - result.number_of(*_COUNTED),
            late,
            f"{result.recovered_in:.1f}",
        )
    )
    more = len(result.complaints) - _SHOWN
    rest = (f"{wrong}: and {more} more",) if more > 0 else ()
    for line in (*result.notes, *(f"{wrong}: {each}" for each in result.complaints[:_SHOWN]), *rest):
        print(f"    {line}")
    sys.stdout.flush()


class Progress:
    """How far a series has come, and how long the rest may take, by how long it has taken so far."""

    def __init__(self, drills: Iterable[Drill], lanes: int) -> None:
        self._left = {drill.name: _expected(drill) for drill in drills}
        self._all = len(self._left)
        self._lanes = lanes
        self._began = time.monotonic()
        self._guessed = 0.0

    def done(self, drill: Drill) -> None:
        self._guessed += self._left.pop(drill.name, 0.0)
        taken = time.monotonic() - self._began
        pace = taken / self._guessed if self._guessed else 1 / self._lanes
        left = sum(self._left.values()) * pace
        print(f"    [{self._all - len(self._left)} of {self._all}, {taken / 60:.1f} min; about {left / 60:.1f} left]")
        sys.stdout.flush()


def _expected(drill: Drill) -> float:
    """Seconds, roughly: a load that ends with the faults lasts about a third of its longest."""
    return drill.load.seconds * (0.35 if drill.load.with_faults else 1.0) + drill.beyond
