"""The rows that a series of drills prints, each with its complaints under it."""

from collections.abc import Callable
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


def head(say: Callable[[str], None]) -> None:
    for line in _HEADS:
        say(_ROW.format(*line))


def show(result: Result, say: Callable[[str], None], *, wrong: str = "BROKEN") -> None:
    """A row, by `say`, which prints a line. `wrong` counts jobs and mails that are not as promised, `other` all other
    complaints; reminders: how late the last one came, of those in the faults too."""
    counted = result.counted
    late = f"{counted.late[-1]:.1f}" if counted.late else "-"
    say(
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
        say(f"    {line}")


def expected(drill: Drill) -> float:
    """Seconds, roughly: a load that ends with the faults lasts about a third of its longest."""
    return drill.load.seconds * (0.35 if drill.load.with_faults else 1.0) + drill.beyond
