"""Commits the items of one moment in one statement; a lone item waits for nobody."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

from shared.batching.commit_queue import CommitQueue, Waiting, Write

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """While every writer is busy, items gather for the next free writer. In an outage the callers of the batch get the
    error."""

    def __init__(self, write: Write[T, R], *, writers: int, batch: int) -> None:
        """`writers`: the largest number of commits at once. `batch`: the largest number of items in one commit."""
        self._queue: CommitQueue[T, R] = CommitQueue(write, batch=batch)
        self._free = writers
        self._tasks: set[asyncio.Task[None]] = set()

    async def commit(self, item: T) -> R:
        """Commits one item and returns its result. Raises the error that the write raised for this item."""
        result = self._queue.add(item)
        self._pump()
        return await result

    async def drain(self) -> None:
        """Waits until all items are settled."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _pump(self) -> None:
        while self._queue and self._free:
            self._free -= 1
            task = asyncio.create_task(self._run(self._queue.take()), name="group-commit")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, taken: deque[Waiting[T, R]]) -> None:
        try:
            await self._queue.settle(taken)
        except Exception as error:  # noqa: BLE001 - handed to the callers who wait for it
            for each in taken:
                each.fail(error)
        finally:
            self._free += 1
            self._pump()
