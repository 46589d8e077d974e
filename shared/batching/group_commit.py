"""Commits the items of one moment in one statement; an item that comes alone waits for nobody."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

from shared.batching.commit_queue import CommitQueue, Waiting, Write

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """While a commit is under way, items gather for the next one. In an outage the callers of the batch get the
    error."""

    def __init__(self, write: Write[T, R], *, writers: int, batch: int, gather: float = 0.0) -> None:
        """`writers`: the largest number of commits at once. `batch`: the largest number of items in one commit.
        `gather`: seconds that items wait for the end of a commit, before another writer takes them beside it. Only a
        full batch waits less."""
        self._queue: CommitQueue[T, R] = CommitQueue(write, batch=batch)
        self._batch = batch
        self._writers = writers
        self._gather = gather
        self._gathering: asyncio.TimerHandle | None = None
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
        while self._queue and len(self._tasks) < self._writers:
            if self._tasks and self._gather and len(self._queue) < self._batch:
                if self._gathering is None:
                    self._gathering = asyncio.get_running_loop().call_later(self._gather, self._gathered)
                return
            self._start()

    def _gathered(self) -> None:
        """The commit under way takes long: the items that wait for its end go beside it."""
        self._gathering = None
        if self._queue and len(self._tasks) < self._writers:
            self._start()

    def _start(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        task = asyncio.create_task(self._run(self._queue.take()), name="group-commit")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._pump()

    async def _run(self, taken: deque[Waiting[T, R]]) -> None:
        try:
            await self._queue.settle(taken)
        except Exception as error:  # noqa: BLE001 - handed to the callers who wait for it
            for each in taken:
                each.fail(error)
