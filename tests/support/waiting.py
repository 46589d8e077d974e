"""Waits for conditions, with a deadline: never for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = 15.0, every: float = 0.02) -> T: ...
@overload
async def eventually(probe: Callable[[], T], *, within: float = 15.0, every: float = 0.02) -> T: ...
async def eventually(probe: Callable[[], Any], *, within: float = 15.0, every: float = 0.02) -> Any:
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
