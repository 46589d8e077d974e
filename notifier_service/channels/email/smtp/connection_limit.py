"""Limits the connections to a mail server: fewer after the server has said that it allows no more, then one more from
time to time."""

import asyncio
from collections import deque
from types import TracebackType
from typing import Final

GROW_EVERY: Final = 60.0
"""Seconds until one more connection is tried."""


class ConnectionLimit:
    """A semaphore whose number changes. As a context manager it is one connection's use, for a block."""

    def __init__(self, most: int, *, grow_every: float = GROW_EVERY) -> None:
        self._most = most
        self._grow_every = grow_every
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._growing: asyncio.TimerHandle | None = None
        self.limit = most
        self.busy = 0

    async def __aenter__(self) -> None:
        await self.take()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    async def take(self) -> None:
        """Waits while all allowed connections are in use."""
        if self.busy < self.limit and not self._waiting:
            self.busy += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        self.busy -= 1
        self._serve()

    async def again(self) -> None:
        """Gives the right to a connection back, and waits for another one, behind the others. Afterwards the caller has
        one, whatever happens."""
        self.give_back()
        try:
            await self.take()
        except BaseException:
            self.busy += 1
            raise

    def shrink(self, to: int) -> None:
        """Allows at most this many from now on."""
        self.limit = max(1, min(self.limit, to))
        self._grow_later()

    def close(self) -> None:
        if self._growing is not None:
            self._growing.cancel()
            self._growing = None

    def _grow_later(self) -> None:
        if self._growing is None and self.limit < self._most:
            self._growing = asyncio.get_running_loop().call_later(self._grow_every, self._grow)

    def _grow(self) -> None:
        self._growing = None
        self.limit += 1
        self._serve()
        self._grow_later()

    def _serve(self) -> None:
        while self._waiting and self.busy < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.busy += 1
                turn.set_result(None)
