"""The end of a process: the request to stop, its background tasks, and work that is given up when an end comes
first."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

import structlog

log = structlog.get_logger("shared.process.lifecycle")

T = TypeVar("T")

BROKEN: Final = os.EX_SOFTWARE
"""Exit status (70, sysexits.h) of a process that has ended by our bug."""
GIVEN_UP: Final = 2.0
"""Seconds that cancelled work has to end; after that nobody waits for it."""


class Ending(Protocol):
    """An end that comes once, and can be awaited: an asyncio.Event, or a Stop."""

    def is_set(self) -> bool: ...

    async def wait(self) -> object: ...


class Stop:
    """The end of this process: asked for by SIGTERM or SIGINT (status 0), or caused by our bug (status 70)."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._failed = False

    def set(self) -> None:
        """Asks the process to stop."""
        self._asked.set()

    def fail(self) -> None:
        """Reports a broken loop: the supervisor of this process should start a new one."""
        self._failed = True
        self._asked.set()

    def is_set(self) -> bool:
        return self._asked.is_set()

    @property
    def failed(self) -> bool:
        return self._failed

    @property
    def status(self) -> int:
        """The exit status of the process."""
        return BROKEN if self._failed else os.EX_OK

    async def wait(self) -> None:
        await self._asked.wait()


def stop_signal() -> Stop:
    """Returns a stop that SIGTERM and SIGINT ask for."""
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


class TaskGroup:
    """Named tasks that run until they are stopped.

    A task that ends by an error, or that somebody else cancels, is logged and ends the whole service. A process that
    has silently lost a loop is worse than one that its supervisor restarts. `shared.process.loops.run_loop` keeps
    passing errors from ending a loop.
    """

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        """Cancels the running tasks and waits for them. May be called again."""
        self._stopping = True
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None and not (task.cancelled() and self._stopping):
            log.error("background task failed", task=task.get_name(), exc_info=error)
            self._on_failure()


async def move_on_when(ending: Ending, work: Awaitable[T]) -> T | None:
    """The result of `work`; None when the end comes first: then `work` is cancelled. Raises the errors of `work`."""
    task = asyncio.ensure_future(work)
    ended = asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        ended.cancel()
        await _give_up(task)


async def _give_up(task: "asyncio.Future[Any]") -> None:
    if task.done():
        return
    task.cancel()
    await asyncio.wait({task}, timeout=GIVEN_UP)
    if task.done() and not task.cancelled():
        task.exception()  # read, so that asyncio does not log it as forgotten


def is_cancelled() -> bool:
    """Whether the running task was asked to end. True even if a library has swallowed the CancelledError: aiormq raises
    its own "channel closed" instead, and wait_for may return a result (Python 3.11)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
