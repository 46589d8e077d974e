"""Places the bars of charts, from a zero baseline, for inline SVG without script or style attribute. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1440
HEIGHT: Final = 96
_LEAST_GOOD: Final = 2.0
_LEAST_BAD: Final = 6.0
"""A single failure is seen beside a thousand successes."""
_GAP: Final = 1.0
"""Pixels between the successes and the failures on top of them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: successes on the baseline, failures on top of them."""

    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float


def bars(pairs: Sequence[tuple[int, int]]) -> list[Bar]:
    """Columns of (good, bad) as large as the largest allows, WIDTH units wide together. A number that is not zero can
    be seen: two units high, failures six.

    >>> [(bar.x, bar.width, bar.good_height, bar.bad_height) for bar in bars([(999, 1), (0, 0)])]
    [(0.0, 600.0, 89.0, 6.0), (720.0, 600.0, 0.0, 0.0)]
    """
    most = max((good + bad for good, bad in pairs), default=0) or 1
    slot = WIDTH / max(len(pairs), 1)
    return [_bar(round(place * slot, 1), round(slot * 5 / 6, 1), pair, most) for place, pair in enumerate(pairs)]


def _bar(x: float, width: float, pair: tuple[int, int], most: int) -> Bar:
    good, bad = pair
    gap = _GAP if good and bad else 0.0
    high = min(_high(bad, most, _LEAST_BAD), HEIGHT - gap - (_LEAST_GOOD if good else 0.0))
    low = min(_high(good, most, _LEAST_GOOD), HEIGHT - gap - high)
    return Bar(x, width, HEIGHT - low, low, HEIGHT - low - gap - high, high)


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


def _high(value: int, most: int, least: float) -> float:
    return max(round(HEIGHT * value / most, 1), least) if value else 0.0
