"""What benchmarks make of their samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Lateness:
    """Milliseconds after the due time; `missing` never arrived."""

    p50: float
    p99: float
    largest: float
    missing: int

    @classmethod
    def of(cls, seconds: Sequence[float], expected: int) -> Self:
        ordered = sorted(second * 1000 for second in seconds)
        if not ordered:
            return cls(float("nan"), float("nan"), float("nan"), expected)
        return cls(
            ordered[len(ordered) // 2],
            ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)],
            ordered[-1],
            expected - len(ordered),
        )

    def __str__(self) -> str:
        return f"{self.p50:.0f} / {self.p99:.0f} / {self.largest:.0f}"


def resident_mib(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"
