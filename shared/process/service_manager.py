"""Talks with systemd, where it started this process: tells readiness and signs of life, takes over its sockets.

Without systemd none of the variables is set, and nothing happens.
https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog

from shared.process.heartbeats import stalled
from shared.process.loops import run_loop

log = structlog.get_logger("shared.process.service_manager")

_FIRST: Final = 3
"""The first file descriptor that is handed over (SD_LISTEN_FDS_START)."""
_SHARE: Final = 3
"""Signs of life within one watchdog interval."""
_inherited: Final[list[socket.socket]] = []


def tell_ready(status: str) -> None:
    """The service has its ports. `status` is one line for `systemctl status`."""
    _tell(f"READY=1\nSTATUS={status}")


def tell_stopping() -> None:
    _tell("STOPPING=1")


def take_sockets(port: int) -> list[socket.socket]:
    """The listening sockets of that port which the service manager has opened for this process. Each is given once."""
    _inherited.extend(_opened_for_us())
    found = [each for each in _inherited if each.getsockname()[1] == port]
    for each in found:
        _inherited.remove(each)
    return found


def _opened_for_us() -> Iterator[socket.socket]:
    """The variables are removed, so that no child takes the sockets for its own."""
    ours = os.environ.pop("LISTEN_PID", "") == str(os.getpid())
    count = os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if not ours or not count.isdecimal():
        return
    for number in range(_FIRST, _FIRST + int(count)):
        each = socket.socket(fileno=number)
        each.setblocking(False)
        each.set_inheritable(False)
        if each.family in (socket.AF_INET, socket.AF_INET6):
            yield each


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """Gives signs of life for the length of the block, while no background loop of this process stands still: with
    WatchdogSec= the service manager kills a process that gives none, and starts another one."""
    interval = _watchdog_interval()
    if interval is None:
        yield
        return
    task = asyncio.create_task(run_loop("watchdog", partial(_give_sign, interval / _SHARE)), name="watchdog")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _give_sign(pause: float) -> float:
    """Returns the seconds until the next sign of life."""
    if standing := stalled():
        log.error("no sign of life is given, since loops stand still", loops=standing)
    else:
        _tell("WATCHDOG=1")
    return pause


def _watchdog_interval() -> float | None:
    """In seconds; None when nobody watches this process."""
    interval, watches = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not interval.isdecimal() or int(interval) == 0 or watches not in (None, str(os.getpid())):
        return None
    return int(interval) / 1e6


def _tell(lines: str) -> None:
    """Sends one datagram. A service manager that does not listen changes nothing for the service."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # a name in the abstract namespace
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(lines.encode(), address)
    except OSError as error:
        log.warning("the service manager cannot be told", error=str(error))
