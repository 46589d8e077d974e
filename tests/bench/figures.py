"""What benchmarks make of their samples."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import psutil


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
        if not ordered:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        at_99 = min(int(len(ordered) * 0.99), len(ordered) - 1)
        return cls(ordered[len(ordered) // 2], ordered[at_99], ordered[-1], len(ordered))

    def __str__(self) -> str:
        return " / ".join(map(brief, (self.p50, self.p99, self.largest)))


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several rounds."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return brief(self.median)
        return f"{brief(self.median)} ({brief(self.lowest)} to {brief(self.highest)})"


def brief(value: float) -> str:
    """Three digits that count, and thousands apart.

    >>> brief(1234.5), brief(12.345), brief(0.1234)
    ('1,234', '12.3', '0.12')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all that it has started, ended children included."""
    spent = 0.0
    for process in _family(pid):
        times = process.cpu_times()
        spent += times.user + times.system + times.children_user + times.children_system
    return spent


def memory_mib(pid: int) -> float:
    """Memory of a process and all that it has started, in MiB; what they share is counted once (PSS)."""
    return sum(process.memory_full_info().pss for process in _family(pid)) / 2**20


def _family(pid: int) -> list[psutil.Process]:
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"
