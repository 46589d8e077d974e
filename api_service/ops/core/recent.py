"""Keeps what a page has just read for a moment, so that any number of viewers costs the database as much as one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, TypeVar, cast

PAUSE: Final = 0.05
"""Seconds after which an old answer is read again: the page that has asked for it is on its way by then."""
T = TypeVar("T")


@dataclass(slots=True)
class _Kept:
    """An answer and when it was asked for; `next` is on its way to take its place."""

    answer: asyncio.Future[Any]
    asked_at: float
    next: asyncio.Future[Any] | None = None


class Recent:
    """Answers by key. An answer older than `seconds` is read again; for `grace` seconds more the old answer is given
    meanwhile, so that no viewer waits. Viewers who come during the first read wait for it. Answers are renewed one
    after the other, so that it takes one connection. A failed answer is not kept."""

    def __init__(self, seconds: float, *, grace: float = 0.0, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._grace = grace
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._turn = asyncio.Lock()

    async def get(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """The answer of `read`. Raises what it raised."""
        kept = self._kept.get(key)
        age = 0.0 if kept is None else self._clock() - kept.asked_at
        if kept is None or _failed(kept.answer) or (kept.answer.done() and age >= self._seconds + self._grace):
            kept = self._kept[key] = _Kept(_begun(read), self._clock())
        elif kept.answer.done() and age >= self._seconds and kept.next is None:
            self._renew(key, kept, read, after=PAUSE)
        return cast("T", await asyncio.shield(kept.answer))

    async def soon(self, key: str, read: Callable[[], Awaitable[T]], *, within: float) -> T | None:
        """The same, but None where no answer is there after `within` seconds; the reading goes on for the next one who
        asks."""
        answer = asyncio.ensure_future(self.get(key, read))
        done, _ = await asyncio.wait({answer}, timeout=within)
        if done:
            return await answer
        answer.add_done_callback(_failed)
        return None

    async def refresh(self, key: str, read: Callable[[], Awaitable[object]], *, at: float) -> None:
        """Reads an answer that is `at` seconds old, or missing; others see the old one meanwhile. Raises what `read`
        raised."""
        kept = self._kept.get(key)
        if kept is None or _failed(kept.answer):
            await self.get(key, read)
        elif kept.answer.done() and self._clock() - kept.asked_at >= at:
            await asyncio.shield(kept.next or self._renew(key, kept, read, after=0.0))

    def forget(self) -> None:
        """Forgets all answers: an operator has changed something, and wants to see the change."""
        self._kept.clear()

    def _renew(self, key: str, kept: _Kept, read: Callable[[], Awaitable[Any]], *, after: float) -> asyncio.Future[Any]:
        asked_at = self._clock()

        async def renewed() -> Any:
            await asyncio.sleep(after)
            async with self._turn:
                return await read()

        kept.next = asyncio.ensure_future(renewed())

        def arrived(answer: asyncio.Future[Any]) -> None:
            kept.next = None
            if not _failed(answer) and self._kept.get(key) is kept:
                self._kept[key] = _Kept(answer, asked_at)

        kept.next.add_done_callback(arrived)
        return kept.next


def _begun(read: Callable[[], Awaitable[Any]]) -> asyncio.Future[Any]:
    async def awaited() -> Any:
        return await read()

    answer = asyncio.ensure_future(awaited())
    answer.add_done_callback(_failed)  # whoever has asked may have gone by then
    return answer


def _failed(answer: asyncio.Future[Any]) -> bool:
    """Asking for the exception also marks it as seen."""
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
