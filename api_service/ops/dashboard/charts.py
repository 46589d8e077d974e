"""Places the bars of charts, from a zero baseline, for inline SVG without script or style attribute. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 96
_SLOT: Final = 24
_GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: what went well stands on the baseline, what failed on top of it."""

    x: int
    width: int
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float


def bars(pairs: Sequence[tuple[int, int]]) -> list[Bar]:
    """Columns of (good, bad) as large as the largest allows. What is not zero is at least two units high.

    >>> [(bar.good_height, bar.bad_height) for bar in bars([(2, 2), (0, 0)])]
    [(48.0, 48.0), (0.0, 0.0)]
    """
    most = max((good + bad for good, bad in pairs), default=0) or 1
    found = []
    for place, (good, bad) in enumerate(pairs):
        low, high = _high(good, most), _high(bad, most)
        low = min(low, HEIGHT - high)
        found.append(Bar(place * _SLOT, _SLOT - _GAP, HEIGHT - low, low, HEIGHT - low - high, high))
    return found


def spark(values: Sequence[int], *, width: int = 96, height: int = 20) -> list[tuple[float, float, float, float]]:
    """(x, y, width, height) of small columns; a zero has none.

    >>> spark([0, 1, 2], width=30, height=10)
    [(10.0, 5.0, 9.0, 5.0), (20.0, 0.0, 9.0, 10.0)]
    """
    most = max(values, default=0) or 1
    step = width / max(len(values), 1)
    heights = [max(height * value / most, 2.0) if value else 0.0 for value in values]
    return [
        (round(place * step, 1), round(height - tall, 1), round(step - 1, 1), round(tall, 1))
        for place, tall in enumerate(heights)
        if tall
    ]


def _high(value: int, most: int) -> float:
    return max(round(HEIGHT * value / most, 1), 2.0) if value else 0.0
