"""Writes log lines to a file descriptor without ever waiting for its reader or failing with its disk.

A pipe that nobody reads (a stuck log driver, a pager) would block the event loop in write(2) for ever, and with it all
work, probes and signals. A full disk would raise in the code that logs. Logs are not worth that: lines that cannot be
written wait, up to `LIMIT` bytes; lines beyond that are lost, counted, and reported.
"""

import asyncio
import atexit
import contextlib
import os
import select
import stat
import sys
from collections import deque
from io import UnsupportedOperation
from threading import Lock, Thread
from time import monotonic
from typing import Final

import structlog
from prometheus_client import Counter

LIMIT: Final = 1_000_000
"""Bytes that may wait for the reader."""
_LAST: Final = 0.5
"""Seconds that the end of the process waits for the reader."""
_LOOK: Final = 1.0
"""Seconds between two looks at a reader that reads nothing."""

LOST: Final = Counter("punctual_log_lines_lost_total", "Log lines that could not be written.")


class LogStream:
    """A binary file for loggers, with `write` and `flush`; one line for each call. Safe in several threads.

    A process that is killed loses the lines of its last turn of the event loop.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = _without_waiting(descriptor)
        self._lock = Lock()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._thread: Thread | None = None
        self._lost = 0
        self._failed = False
        self._gathered: list[bytes] = []  # lines of this turn of the event loop
        self._gathered_bytes = 0
        atexit.register(self.write_gathered)

    def write(self, line: bytes) -> int:
        """Takes a line. Never raises, never waits. Returns the length of the line, even if it is lost.

        The lines of one turn of the event loop are written together. A pipe takes PIPE_BUF bytes as a whole, so that
        the lines of several processes on one pipe do not mix; longer ones are written by themselves, as ever.
        """
        with self._lock:
            if self._gathered_bytes + len(line) > select.PIPE_BUF:
                self._write_gathered()
            is_first = not self._gathered
            self._gathered.append(line)
            self._gathered_bytes += len(line)
        if is_first and not self._write_after_this_turn():
            self.write_gathered()
        return len(line)

    def flush(self) -> None:
        """Does nothing: each line is written by the end of the event loop's turn."""

    def write_gathered(self) -> None:
        """Writes the lines that have gathered."""
        with self._lock:
            self._write_gathered()
            lost = 0 if self._waiting or self._failed else self._lost
            self._lost -= lost
        if lost:
            structlog.get_logger("shared.process.logs").warning("log lines lost", lines=lost)

    def _write_after_this_turn(self) -> bool:
        """Whether a loop runs in this thread, which will do it."""
        try:
            asyncio.get_running_loop().call_soon(self.write_gathered)
        except RuntimeError:
            return False
        return True

    def _write_gathered(self) -> None:
        lines, self._gathered, self._gathered_bytes = b"".join(self._gathered), [], 0
        if lines and (self._waiting or (rest := self._put(lines))):
            self._wait_for_reader(lines if self._waiting else rest)

    def _put(self, data: bytes) -> bytes:
        """Writes the line and returns the part that the reader has not taken. A line that the descriptor refuses for
        another reason is lost."""
        self._failed = False
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BlockingIOError:
            return data
        except OSError:  # no space left, no reader, or closed
            self._lose(data)
            self._failed = True
        return b""

    def _wait_for_reader(self, rest: bytes) -> None:
        if self._waiting_bytes + len(rest) > LIMIT:
            self._lose(rest)
            return
        self._waiting.append(rest)
        self._waiting_bytes += len(rest)
        if self._thread is None:
            atexit.register(self._drain, within=_LAST)
            self._thread = Thread(target=self._drain, name="log-stream", daemon=True)
            self._thread.start()

    def _lose(self, data: bytes) -> None:
        lines = data.count(b"\n")
        self._lost += lines
        LOST.inc(lines)

    def _drain(self, *, within: float | None = None) -> None:
        """Writes the waiting lines as fast as the reader takes them."""
        give_up = None if within is None else monotonic() + within
        reader = select.poll()
        reader.register(self._descriptor, select.POLLOUT)
        while self._take_one() and (give_up is None or monotonic() < give_up):
            reader.poll(1000 * (_LOOK if within is None else within))

    def _take_one(self) -> bool:
        """Writes waiting lines; whether some are left. Holds the lock throughout, so that no line overtakes another."""
        with self._lock:
            while self._waiting:
                line = self._waiting.popleft()
                self._waiting_bytes -= len(line)
                if rest := self._put(line):
                    self._waiting.appendleft(rest)
                    self._waiting_bytes += len(rest)
                    return True
            self._thread = None
            return False


def standard_error() -> LogStream | None:
    """The stream of the process's stderr; None when no descriptor is behind it, as in some tests."""
    if sys.stderr is None:  # closed by the parent process
        sys.stderr = open(_taken(), "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    try:
        return LogStream(sys.stderr.fileno())
    except (UnsupportedOperation, OSError, ValueError):
        return None


def _taken() -> int:
    """The null device. It also fills free descriptors from 0 to 2, so that no socket gets one of them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 2:
        os.set_inheritable(descriptor, True)
    return descriptor


def _without_waiting(descriptor: int) -> int:
    """A descriptor of the same pipe or terminal whose writes do not wait.

    It is opened anew, since the flag would hold for every process that shares ours. A regular file needs no flag. If a
    descriptor cannot be opened anew (a socket, another user's pipe), its own flag is set.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    with contextlib.suppress(OSError):
        return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(descriptor, False)
    return descriptor
