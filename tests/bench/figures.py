"""Arithmetic of figures: percentiles, figures of several rounds, ratios, and how they are written."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

NAN: Final = float("nan")


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the ordered values do not exceed; NaN of none.

    >>> percentile([1, 2, 3, 4], 0.5), percentile(range(1, 101), 0.99), percentile([7], 0.99)
    (2, 99, 7)
    """
    if not ordered:
        return NAN
    # 0.99 * 300 is 297.00000000000006 elsewhere: what is an integer but for rounding is that integer
    return ordered[max(math.ceil(round(share * len(ordered), 6)) - 1, 0)]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    p50: float
    p99: float
    largest: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        ordered = sorted(second * 1000 for second in seconds)
        return cls(percentile(ordered, 0.5), percentile(ordered, 0.99), percentile(ordered, 1.0), len(ordered))

    def __str__(self) -> str:
        return " / ".join(map(brief, (self.p50, self.p99, self.largest)))


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several rounds; NaN of none."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        known = [value for value in values if not math.isnan(value)]
        return cls(statistics.median(known), min(known), max(known)) if known else cls(NAN, NAN, NAN)

    def __str__(self) -> str:
        if self.lowest == self.highest or math.isnan(self.median):
            return brief(self.median)
        return f"{brief(self.median)} ({brief(self.lowest)} to {brief(self.highest)})"


def ratios(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Spread:
    """Ours divided by theirs in each round that has both, since only figures of the same minutes compare.

    >>> ratios({0: 6.0, 1: 8.0, 2: 9.0}, {0: 2.0, 1: 4.0})
    Spread(median=2.5, lowest=2.0, highest=3.0)
    """
    return Spread.of([ours[number] / theirs[number] for number in ours.keys() & theirs.keys() if theirs[number]])


def brief(value: float) -> str:
    """Three digits that count, and thousands apart.

    >>> brief(1234.5), brief(12.345), brief(0.1234), brief(float("nan"))
    ('1,234', '12.3', '0.12', '-')
    """
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"
