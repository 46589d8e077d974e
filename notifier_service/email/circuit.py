"""Notices that the mail server as a whole is away, and lets mails go again at a ramp when it is back.

An outage is not a failure: while the circuit is open, mails are parked and use up no retry. What one recipient or one
message is refused for never opens it. Probes are EHLO or NOOP, never a job.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from types import TracebackType
from typing import Final

import structlog

from notifier_service import metrics
from shared.loops import run_loop

log = structlog.get_logger("notifier_service.circuit")

THRESHOLD: Final = 3
"""Failures of the server in a row before it counts as away."""
PROBE_EVERY: Final = 1.0
CLOSED_AT: Final = 64
"""Hand-overs that succeeded at once before the ramp ends."""


class _Permit:
    """One for all: what is under way is counted, not told apart."""

    def __init__(self, circuit: "Circuit") -> None:
        self._circuit = circuit

    async def __aenter__(self) -> None:
        await self._circuit.enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._circuit.leave()


class Circuit:
    """closed → open (failures in a row) → ramp (a probe was answered) → closed, or open again.

    The ramp is a slow start: one mail at a time, and one more at once for every mail that went well.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[bool]],
        *,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = monotonic,
        probe_every: float = PROBE_EVERY,
    ) -> None:
        """`probe`: whether the server answers; `jitter` in [0, 1)."""
        self._probe = probe
        self._jitter = jitter
        self._clock = clock
        self._probe_every = probe_every
        self._failures = 0
        self._opened = asyncio.Event()
        self._opened_at = 0.0
        self._allowed: int | None = None  # at once, on the ramp; None: closed or open
        self._under_way = 0
        self._changed = asyncio.Event()  # fewer are under way
        self._permit = _Permit(self)

    @property
    def is_open(self) -> bool:
        return self._opened.is_set()

    def park_for(self) -> float:
        """Seconds that a mail should wait: longer the longer the outage has lasted, at most a minute, and spread so
        that parked mails do not return together."""
        lasted = self._clock() - self._opened_at
        return min(max(lasted / 2, 2.0), 40.0) * (0.5 + self._jitter())

    def permit(self) -> "_Permit":
        """For one hand-over; on the ramp it waits for its turn."""
        return self._permit

    async def enter(self) -> None:
        while self._allowed is not None and self._under_way >= self._allowed:
            self._changed.clear()
            await self._changed.wait()
        self._under_way += 1

    def leave(self) -> None:
        self._under_way -= 1
        self._changed.set()

    def succeeded(self) -> None:
        """The server has answered for a mail, be it with a refusal of that one."""
        self._failures = 0
        if self._allowed is not None:
            self._allowed += 1
            if self._allowed >= CLOSED_AT:
                self._allowed = None
                log.info("mail server works again")

    def failed(self) -> None:
        """The server could not be reached, or broke off, or refused everybody."""
        self._failures += 1
        if not self.is_open and (self._failures >= THRESHOLD or self._allowed is not None):
            self._allowed = None
            self._opened_at = self._clock()
            self._opened.set()
            metrics.CIRCUIT_OPEN.set(1)
            log.warning("mail server is away, mails are parked", failures=self._failures)

    async def run(self) -> None:
        """Probes whenever the circuit is open, until cancelled."""
        await run_loop("circuit", self._turn, ready=self._opened.wait)

    async def _turn(self) -> float:
        """One probe; seconds until the next."""
        if not await self._probe():
            return self._probe_every
        self._failures = 0
        self._allowed = 1
        self._opened.clear()
        metrics.CIRCUIT_OPEN.set(0)
        log.info("mail server answers again", away_for=round(self._clock() - self._opened_at, 1))
        return 0.0
