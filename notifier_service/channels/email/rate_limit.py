"""Limits the e-mails that a process hands over each second: a token bucket that serves confirmations first."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from time import monotonic

from notifier_service.channels.email import metrics
from shared.jobs.model import Priority

_ORDER = {Priority.HIGH: 0, Priority.NORMAL: 1}


class RateLimit:
    """Without a rate, nobody waits."""

    def __init__(self, rate: float | None, *, clock: Callable[[], float] = monotonic) -> None:
        """`rate`: mails a second. At most the tokens of one second gather while nothing is sent."""
        self._rate = rate
        self._clock = clock
        self._tokens = max(rate or 0.0, 1.0)
        self._filled_at = clock()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, priority: Priority) -> None:
        """Waits for a token. Among waiting callers, confirmations come before reminders."""
        if self._rate is None:
            return
        self._fill()
        if not self._waiting and self._tokens >= 1:
            self._tokens -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (_ORDER[priority], next(self._numbers), turn))
        self._schedule()
        started = self._clock()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()
            raise
        finally:
            metrics.RATE_LIMITED.inc(self._clock() - started)

    async def run(self) -> None:
        """Nothing beside the jobs."""

    def try_acquire(self) -> bool:
        """Takes a token if there is one and nobody waits for it."""
        if self._rate is None:
            return True
        self._fill()
        if self._waiting or self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Returns a token that was not needed, since its message was no work."""
        if self._rate is not None:
            self._tokens += 1
            self._serve()

    def _fill(self) -> None:
        rate, now = self._rate or 0.0, self._clock()
        self._tokens = min(self._tokens + (now - self._filled_at) * rate, max(rate, 1.0))
        self._filled_at = now

    def _serve(self) -> None:
        self._timer = None
        self._fill()
        while self._waiting and self._tokens >= 1:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self._tokens -= 1
                turn.set_result(None)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and self._timer is None and self._rate:
            delay = max((1 - self._tokens) / self._rate, 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._serve)
