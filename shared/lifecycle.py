"""Owns background tasks: each has a name, an owner that awaits it, and a stop that drains."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger("shared.lifecycle")


class TaskGroup:
    """Named tasks that run until they are stopped. One that fails, or that anybody else has cancelled, is logged and
    ends the whole service: a process that has silently lost a loop is worse than one that its supervisor restarts."""

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
        """Cancels what still runs and waits for it. May be called again."""
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


def is_cancelled() -> bool:
    """Whether the running task was asked to end, even where a library has swallowed the CancelledError:
    aiormq raises its own "channel closed" in place of it, and wait_for may return a result (Python 3.11)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
