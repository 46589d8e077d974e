"""The pause between two pieces of background work, so that it takes a small share of the time."""

from typing import Final

SHARE: Final = 0.05
"""The largest share of a connection's time that the work takes."""
LONGEST: Final = 1.0
"""Seconds. The longest pause, so that the work also ends on a busy machine."""


def pause_after(worked: float, *, least: float) -> float:
    """Seconds to wait after a piece of work that took `worked` seconds: at least `least`, else at most LONGEST."""
    return min(max(least, worked * (1 / SHARE - 1)), max(LONGEST, least))
