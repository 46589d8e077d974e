"""Commits what arrives together in one statement; what arrives alone waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.errors import Contention, DatabaseUnavailable

T = TypeVar("T")
R = TypeVar("R")

_ABORTS = 5


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

    async def _run(self, taken: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            await self._settle(taken)
        finally:
            self._free += 1
            self._pump()

    async def _settle(self, taken: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        """Gives each caller its result. A batch that has failed is tried one by one: none fails with its neighbours."""
        try:
            results = await self._written([item for item, _ in taken])
        except Exception as error:  # noqa: BLE001 - handed to the callers who wait for it
            if len(taken) > 1 and not _concerns_all(error):
                for each in taken:
                    await self._settle([each])
                return
            for _, result in taken:
                if not result.done():
                    result.set_exception(error)
        else:
            for (_, result), value in zip(taken, results, strict=True):
                if not result.done():
                    result.set_result(value)

    async def _written(self, items: Sequence[T]) -> Sequence[R]:
        """Tries again what the server has rolled back for the sake of others."""
        for _ in range(_ABORTS):
            try:
                return await self._write(items)
            except Contention:
                continue
        return await self._write(items)


def _concerns_all(error: Exception) -> bool:
    return isinstance(error, DatabaseUnavailable | Contention)
