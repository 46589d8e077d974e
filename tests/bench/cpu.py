"""CPU time and memory of processes; whose CPU time it was: the contender's, the clients', the kernel's, strangers'."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MEASURED: Final = ("api", "worker", "broker", "database")
"""The parts that a contender consists of, or that work for it."""
CLIENTS: Final = ("load", "mail server")
"""The parts that stand for the world around: they ask for bookings, and take mails."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KTHREADD: Final = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """All clocks at one moment, in seconds: of each part, of kernel threads, of whatever ran on the machine (`busy`,
    without interrupts), and the time that the hypervisor gave to others (`stolen`)."""

    at: float
    parts: Mapping[str, float]
    kernel: float
    busy: float
    stolen: float

    @classmethod
    def now(cls, parts: Mapping[str, Sequence[int]], own: Mapping[str, int]) -> "Reading":
        """`parts`: pids, each with its descendants; `own`: pids that count alone."""
        spent = {part: sum(map(cpu_seconds, pids)) for part, pids in parts.items()}
        spent |= {part: _alone(psutil.Process(pid)) for part, pid in own.items()}
        busy, stolen = _machine()
        return cls(time.perf_counter(), spent, _kernel_threads(), busy, stolen)


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds between two readings, by part; `strangers`: those of processes that are none of ours."""

    wall: float
    parts: Mapping[str, float]
    kernel: float
    strangers: float
    stolen: float
    cores: int

    @classmethod
    def between(cls, before: Reading, after: Reading, *, cores: int) -> "Spent":
        """A part that only the later reading knows (a process started in between) counts whole. The kernel rounds its
        clocks, so the rest that strangers had can come out below 0; it is 0 then."""
        parts = {part: seconds - before.parts.get(part, 0.0) for part, seconds in after.parts.items()}
        kernel = max(after.kernel - before.kernel, 0.0)
        strangers = after.busy - before.busy - kernel - sum(parts.values())
        stolen = max(after.stolen - before.stolen, 0.0)
        return cls(after.at - before.at, parts, kernel, max(strangers, 0.0), stolen, cores)

    @property
    def disturbed(self) -> float:
        """The share of all cores' time that strangers and the hypervisor's other guests had, 0 to 1."""
        return (self.strangers + self.stolen) / (self.wall * self.cores) if self.wall else 0.0

    def of(self, parts: Sequence[str]) -> float:
        """The sum of some parts."""
        return sum(self.parts.get(part, 0.0) for part in parts)


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


def _alone(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine() -> tuple[float, float]:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system, times.steal


def _kernel_threads() -> float:
    """CPU seconds of kernel threads, those that write our data to the disk among them."""
    return sum(int(fields[11]) + int(fields[12]) for fields in _stats() if int(fields[1]) == _KTHREADD) / _TICKS


def _stats() -> Iterator[list[str]]:
    """/proc/PID/stat of every process, from its third field on (proc(5))."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
