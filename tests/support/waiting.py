"""Waits for conditions, with a deadline: never for a guessed time."""

import asyncio
import inspect
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar, overload

T = TypeVar("T")

LONGEST: Final = 60.0
"""Seconds that a test waits for one thing. It is long, since a full machine in CI is five times slower than a calm one,
and a condition that holds sooner costs nothing."""


@overload
async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = LONGEST, every: float = 0.02) -> T: ...
@overload
async def eventually(probe: Callable[[], T], *, within: float = LONGEST, every: float = 0.02) -> T: ...
async def eventually(probe: Callable[[], Any], *, within: float = LONGEST, every: float = 0.02) -> Any:
    """The first truthy answer of `probe`, asked every `every` seconds.

    Raises AssertionError with the last answer after `within` seconds. What the probe raises as AssertionError
    counts as "not yet".
    """
    deadline = time.monotonic() + within
    while True:
        try:
            answer = probe()
            value = await answer if inspect.isawaitable(answer) else answer
            last: object = value
            if value:
                return value
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {probe}; the last answer was {last!r}")
        await asyncio.sleep(every)


def waits(task: asyncio.Task[Any]) -> bool:
    """Whether the task has begun, has not ended, and waits for something."""
    coroutine = task.get_coro()
    return inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED


async def all_wait(*tasks: asyncio.Task[Any], within: float = LONGEST) -> None:
    """Returns once each of these tasks waits for something. Raises AssertionError after `within` seconds."""
    await eventually(lambda: all(map(waits, tasks)), within=within, every=0)


async def one_turn() -> None:
    """Gives every other task that is ready its turn, once: for tests in which tasks take turns. To wait until
    something has happened, use `eventually`."""
    await asyncio.sleep(0)


async def paced(seconds: float) -> AsyncIterator[int]:
    """Counts from 0, a number every `seconds`: for loads and slow peers, whose pace is part of the test. To wait until
    something has happened, use `eventually`."""
    for number in itertools.count():
        yield number
        await asyncio.sleep(seconds)
