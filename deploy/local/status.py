"""What runs of a stack: pid, since when, health and address of each process."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deploy.local.health import READY, asked
from deploy.local.processes import LocalProcess, accepts
from deploy.local.stack import Stack

_PROBES: Final = {
    "api": "/readyz",
    "notifier": "/readyz",
    "mailbox": "/api/stats",
    "prometheus": "/-/ready",
}
_PORTS: Final = {"rabbitmq": "amqp"}
"""The name of a process's port, where that is another one than its own."""


@dataclass(frozen=True, slots=True)
class StatusLine:
    name: str
    alive: bool
    pid: int
    since: datetime | None
    health: str
    address: str


async def rows(stack: Stack) -> list[StatusLine]:
    """One row a started process, in the order of the start. Each is asked at once; an answer may take 5 s."""
    return await asyncio.gather(*(_row(stack, *each) for each in stack.state.processes.items()))


def lines(found: list[StatusLine], now: datetime) -> Iterator[str]:
    """The rows as a table for a terminal."""
    form = "{:<12} {:<8} {:>7}  {:<23} {:<10} {}".format
    yield form("PROCESS", "STATE", "PID", "SINCE (UTC)", "HEALTH", "ADDRESS").rstrip()
    for row in found:
        since = f"{row.since:%m-%d %H:%M:%S} ({_age(now - row.since)})" if row.since else "-"
        state = "running" if row.alive else "ended"
        yield form(row.name, state, row.pid, since, row.health, row.address).rstrip()


def began(process: LocalProcess) -> datetime:
    """The time at which a running process was started. Its clock ticks count from the start of the machine."""
    booted = next(
        int(line.split()[1]) for line in Path("/proc/stat").read_text("utf-8").splitlines() if line.startswith("btime ")
    )
    return datetime.fromtimestamp(booted + process.started / os.sysconf("SC_CLK_TCK"), UTC)


async def _row(stack: Stack, name: str, process: LocalProcess) -> StatusLine:
    port = stack.state.ports.get(_PORTS.get(name, name))
    if not process.alive:
        return StatusLine(name, False, process.pid, None, "-", "-")
    path = _PROBES.get(name)
    address = f"http://127.0.0.1:{port}" if path else f"127.0.0.1:{port}"
    probe: Callable[[], Awaitable[str]] = (lambda: asked(address + path)) if path else (lambda: _reached(port or 0))
    return StatusLine(name, True, process.pid, began(process), await probe(), address)


async def _reached(port: int) -> str:
    return READY if await accepts(port) else "no answer"


def _age(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
