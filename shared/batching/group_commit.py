"""Commits what arrives together in one statement; what arrives alone waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar

from shared.batching.halving import in_halves

T = TypeVar("T")
R = TypeVar("R")

_Waiting = tuple[T, asyncio.Future[R]]


class GroupCommit(Generic[T, R]):
    """While every writer is busy, items gather for the next free one."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, writers: int, batch: int) -> None:
        """`write` commits a batch in one transaction and answers one result an item, in order."""
        self._write = write
        self._free = writers
        self._batch = batch
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def commit(self, item: T) -> R:
        """The result of one item, after the commit. Raises what the write raised for it."""
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        self._pump()
        return await result

    async def drain(self) -> None:
        """Waits for all that was given."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _pump(self) -> None:
        while self._waiting and self._free:
            self._free -= 1
            taken = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            task = asyncio.create_task(self._run(taken), name="group-commit")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, taken: Sequence[_Waiting[T, R]]) -> None:
        try:
            await self._settle(taken)
        except Exception as error:  # noqa: BLE001 - handed to the callers who wait for it
            _fail(taken, error)
        finally:
            self._free += 1
            self._pump()

    async def _settle(self, taken: Sequence[_Waiting[T, R]]) -> None:
        """Gives each caller its result. Of a batch that has failed each culprit fails alone; an outage is everybody's
        whose item was not committed before it."""
        async with aclosing(in_halves(taken, self._written)) as parts:
            async for part, answer in parts:
                if isinstance(answer, Exception):
                    _fail(part, answer)
                    continue
                for (_, result), value in zip(part, answer, strict=True):
                    if not result.done():
                        result.set_result(value)

    async def _written(self, part: Sequence[_Waiting[T, R]]) -> Sequence[R]:
        return await self._write([item for item, _ in part])


def _fail(taken: Sequence[_Waiting[T, R]], error: Exception) -> None:
    """Tells those who have no result yet."""
    for _, result in taken:
        if not result.done():
            result.set_exception(error)
