"""Holds items until they are committed, in their order, and gives each item its answer after the commit of its
batch."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.batching.halving import in_halves

T = TypeVar("T")
R = TypeVar("R")

Write = Callable[[Sequence[T]], Awaitable[Sequence[R]]]
"""Commits a batch in one transaction. Returns one result for each item, in order. When it raises, nothing was done."""


@dataclass(eq=False, slots=True)
class Waiting(Generic[T, R]):
    """An item, and the future on which its caller waits. The caller may have given up."""

    item: T
    answer: "asyncio.Future[R]"

    def succeed(self, result: R) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class CommitQueue(Generic[T, R]):
    """A writer takes a batch and settles it. In an outage the writer puts the rest of the batch back, or fails it."""

    def __init__(
        self,
        write: Write[T, R],
        *,
        batch: int,
        refused: Callable[[Waiting[T, R], Exception], None] = Waiting.fail,
    ) -> None:
        """`batch`: the largest number of items in one commit. `refused` is called with each item that was refused
        alone, and with the error."""
        self._write = write
        self._batch = batch
        self._refused = refused
        self._waiting: deque[Waiting[T, R]] = deque()

    def __len__(self) -> int:
        """The number of items that no writer has taken."""
        return len(self._waiting)

    def add(self, item: T) -> "asyncio.Future[R]":
        """Adds an item. The future gets the item's result after its commit."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self.put(Waiting(item, answer))
        return answer

    def put(self, waiting: Waiting[T, R]) -> None:
        """Adds an item at the end."""
        self._waiting.append(waiting)

    def take(self) -> deque[Waiting[T, R]]:
        """The next batch; empty when nothing waits."""
        return deque(self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting))))

    def put_back(self, taken: deque[Waiting[T, R]]) -> None:
        """Puts items back in front, in their order."""
        self._waiting.extendleft(reversed(taken))

    async def settle(self, taken: deque[Waiting[T, R]]) -> None:
        """Commits a batch. Removes each item from `taken` once it is settled: it has its answer, or it was refused.

        Raises Unavailable and Contention; the items that are not settled then stay in `taken`.
        """
        async with aclosing(in_halves(tuple(taken), self._written)) as parts:
            async for part, answer in parts:
                for _ in part:
                    taken.popleft()
                if isinstance(answer, Exception):
                    self._refused(part[0], answer)
                    continue
                for each, result in zip(part, answer, strict=True):
                    each.succeed(result)

    async def _written(self, part: Sequence[Waiting[T, R]]) -> Sequence[R]:
        return await self._write([each.item for each in part])
