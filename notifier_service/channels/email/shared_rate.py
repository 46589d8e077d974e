"""Shares one e-mail rate among all notifiers: each takes the times of a few mails at once from a row in PostgreSQL
(sql/shared_rate.sql), so that nobody queues for that row with every mail."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from notifier_service.channels.email.rate_limit import RateLimit
from shared.database import Database
from shared.database.sql_file import statements
from shared.process.loops import run_loop

CHUNK: Final = 0.1
"""Seconds' worth of the rate that one notifier takes at most at once: as much is lost where it is killed."""
BURST: Final = 0.25
"""Seconds' worth of the rate that may go at once after a pause."""
BETWEEN: Final = 0.02
"""Seconds between two questions of one notifier at least."""
_NAME: Final = "email"
_SQL: Final = statements("notifier_service.channels.email.sql", "shared_rate.sql")


class SharedRateLimit(RateLimit):
    def __init__(self, database: Database, rate: float, *, clock: Callable[[], float] = monotonic) -> None:
        """`rate` in mails a second of all notifiers together. Confirmations go first within each of them."""
        super().__init__(rate, clock=clock)
        self._database = database
        self._gap = 1 / rate
        self._most = max(math.floor(rate * CHUNK), 1)
        self._lasts = max(1.0, self._gap)
        self._tokens = 0.0
        self._taken: deque[float] = deque()  # when each token of ours is due, by `clock`
        self._missed = 0  # tokens that were asked for in vain since the last question
        self._asked = asyncio.Event()

    def try_acquire(self) -> bool:
        taken = super().try_acquire()
        self._missed += not taken
        return taken

    async def run(self) -> None:
        """Takes tokens while somebody waits for them, until cancelled."""
        await run_loop("email-rate", self._take, ready=self._asked.wait)

    async def _take(self) -> float:
        """Asks for as many tokens as are waited for; nobody is served while PostgreSQL is away."""
        wanted = min(max(len(self._waiting) + self._missed, 1), self._most)
        began = self._clock()
        [row] = await self._database.fetch(_SQL["take"], _NAME, wanted, self._gap, BURST)
        first = (began + self._clock()) / 2 + row["wait"]
        self._taken.extend(first + place * self._gap for place in range(wanted))
        self._missed = 0
        self._asked.clear()
        self._serve()
        return max(self._taken[-1] - self._clock() if self._taken else 0.0, BETWEEN)

    def _fill(self) -> None:
        """Tokens that nobody has wanted for a while are given up: what was saved would go in one burst."""
        now = self._clock()
        if now - self._filled_at > self._lasts:
            self._tokens = 0.0
        while self._taken and self._taken[0] <= now:
            self._tokens += 1
            self._filled_at = max(self._taken.popleft(), self._filled_at)

    def _schedule(self) -> None:
        if not self._waiting:
            return
        if self._taken and self._timer is None:
            delay = max(self._taken[0] - self._clock(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._serve)
        if len(self._waiting) > len(self._taken):
            self._asked.set()
