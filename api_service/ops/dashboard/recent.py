"""Keeps what a page has just read for a moment, so that any number of viewers costs the database as much as one."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Recent:
    """Answers by key. While one viewer's read is under way, the others wait for it; an error is nobody's but theirs
    who waited."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._known: dict[str, tuple[float, asyncio.Future[Any]]] = {}

    async def get(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """The answer of `read`, at most `seconds` old."""
        made, answer = self._known.get(key, (0.0, None))
        if answer is None or self._is_over(made, answer):
            answer = asyncio.ensure_future(_awaited(read))
            self._known[key] = (self._clock(), answer)
        return cast("T", await asyncio.shield(answer))

    def _is_over(self, made: float, answer: asyncio.Future[Any]) -> bool:
        failed = answer.done() and (answer.cancelled() or answer.exception() is not None)
        return failed or (answer.done() and self._clock() - made >= self._seconds)


async def _awaited(read: Callable[[], Awaitable[T]]) -> T:
    return await read()
