"""Limits the connections to a mail server: fewer after the server has said that it allows no more, then one more from
time to time."""

import asyncio
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from shared.jobs.model import Priority

GROW_EVERY: Final = 60.0
"""Seconds until one more connection is tried."""


class ConnectionLimit:
    """A semaphore whose number changes. While mails of both priorities wait, connections go to them by turns: a
    confirmation never waits for a whole burst of reminders, and reminders go out in a flood of confirmations."""

    def __init__(self, most: int, *, grow_every: float = GROW_EVERY) -> None:
        self._most = most
        self._grow_every = grow_every
        self._waiting: dict[Priority, deque[asyncio.Future[None]]] = {each: deque() for each in Priority}
        self._served = Priority.NORMAL
        self._places = {each: Place(self, each) for each in Priority}
        self._growing: asyncio.TimerHandle | None = None
        self.limit = most
        self.busy = 0

    def place(self, priority: Priority) -> "Place":
        """One connection's use, for a block."""
        return self._places[priority]

    async def take(self, priority: Priority) -> None:
        """Waits while all allowed connections are in use."""
        if self.busy < self.limit and not any(self._waiting.values()):
            self.busy += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[priority].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        self.busy -= 1
        self._serve()

    async def again(self, priority: Priority) -> None:
        """Gives the right to a connection back, and waits for another one, behind the others of its priority.
        Afterwards the caller has one, whatever happens."""
        self.give_back()
        try:
            await self.take(priority)
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
        while self.busy < self.limit and (turn := self._next()) is not None:
            self.busy += 1
            turn.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        """The first one that waits: of the other priority than the last one, if there is one."""
        for priority in sorted(Priority, key=lambda each: each is self._served):
            waiting = self._waiting[priority]
            while waiting:
                turn = waiting.popleft()
                if not turn.done():  # else its caller has given up
                    self._served = priority
                    return turn
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """The right to one connection, for a block. One object for all of a priority: they are counted, not told apart."""

    _limit: ConnectionLimit
    _priority: Priority

    async def __aenter__(self) -> None:
        await self._limit.take(self._priority)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limit.give_back()
