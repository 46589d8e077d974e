"""Runs every background loop: it survives passing errors, and ends the process only when our own bug persists."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

import structlog

from shared.errors import Contention, ItemRefused, Unavailable
from shared.process.backoff import reconnect_delays
from shared.process.heartbeats import beating
from shared.process.internal_errors import LoopName, internal_error, item_refused
from shared.process.lifecycle import Ending, is_cancelled, move_on_when

log = structlog.get_logger("shared.process.loops")

LONGEST_PAUSE: Final = 1.0
"""The longest pause between two attempts, in seconds: service is back that soon after its database or broker."""
AT_ONCE: Final = 3
"""Attempts after contention that follow without a pause."""
MINUTES: Final = 300.0
"""Seconds for a turn of a few statements: thirty times the longest time of one (DATABASE_TIMEOUT, 10 s)."""


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """The limit at which a bug of ours counts as persistent: so many failed turns `in_a_row`, over at least `over`
    seconds."""

    in_a_row: int = 10
    over: float = 30.0


LIMITS = FailureLimits()


class LoopBroken(Exception):
    """The same loop has failed again and again by our bug."""


Kind = Literal["away", "contention", "item", "bug"]


def kind_of(error: BaseException) -> Kind:
    """The right reaction to an error; for an error group, to its worst error."""
    if isinstance(error, BaseExceptionGroup):
        kinds = {kind_of(each) for each in error.exceptions}
        return next(kind for kind in _WORST_FIRST if kind in kinds)
    if isinstance(error, Unavailable):
        return "away"
    if isinstance(error, Contention):
        return "contention"
    return "item" if isinstance(error, ItemRefused) else "bug"


_WORST_FIRST: Final[tuple[Kind, ...]] = ("bug", "item", "away", "contention")


async def run_loop(
    name: LoopName,
    turn: Callable[[], Awaitable[float]],
    *,
    may_take: float = MINUTES,
    ready: Callable[[], Awaitable[object]] | None = None,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    goes_on: Callable[[], bool] = lambda: True,
    until: Ending | None = None,
) -> None:
    """Takes turn after turn until cancelled, while `goes_on` is true, or until an ending.

    `turn` returns the seconds to pause before the next turn. `ready` waits until there is work. `pause` waits between
    turns, and may return early. An ending cuts both short, but waits for a turn that has begun. A turn that lasts
    longer than `may_take` seconds makes the liveness probe fail; use `math.inf` for a turn that is meant to last.

    Unavailable and Contention: the turn is tried again, with jittered pauses. A refused item and a bug of ours are
    logged and counted, and the loop goes on.

    Raises LoopBroken when a bug of ours persists (`LIMITS`).
    """
    trouble = _Trouble(name)
    with beating(name, may_take=may_take) as heart:
        while goes_on() and not _is_over(until):
            started = monotonic()
            try:
                if ready is not None:
                    await _unless(until, ready())
                    if _is_over(until):
                        break
                with heart.turn():
                    delay = await turn()
                trouble.ends()
                await _unless(until, pause(delay))
            except asyncio.CancelledError as error:
                if is_cancelled():
                    raise
                await _unless(until, asyncio.sleep(trouble.met(error, lasted=monotonic() - started)))
            except Exception as error:  # noqa: BLE001 - each is counted and logged by its kind
                await _unless(until, asyncio.sleep(trouble.met(error, lasted=monotonic() - started)))
    if is_cancelled():
        raise asyncio.CancelledError


def _is_over(until: Ending | None) -> bool:
    return is_cancelled() or (until is not None and until.is_set())


async def _unless(until: Ending | None, wait: Awaitable[object]) -> None:
    await (wait if until is None else move_on_when(until, wait))


class _Trouble:
    """The errors of a loop since its last turn without one."""

    def __init__(self, name: LoopName) -> None:
        self._name = name
        self._clear()

    def _clear(self) -> None:
        self._met = 0
        self._since = monotonic()
        self._bugs = 0
        self._bugs_since = 0.0
        self._delays: Iterator[float] = reconnect_delays(random.random(), cap=LONGEST_PAUSE)  # noqa: S311 - no secret

    def ends(self) -> None:
        if self._met:
            log.info("loop goes on", loop=self._name, after=round(monotonic() - self._since, 1), tries=self._met)
            self._clear()

    def met(self, error: BaseException, *, lasted: float) -> float:
        """Seconds until the next attempt. Raises LoopBroken."""
        if lasted > LIMITS.over:  # the turn had gone well for that long
            self._clear()
        self._met += 1
        kind = kind_of(error)
        if self._met == 1:
            self._since = monotonic()
        if kind == "bug":
            self._bug(error)
        elif kind == "item":
            item_refused(self._name, error)
        elif self._met == 1:
            log.warning("loop waits", loop=self._name, kind=kind, error=str(error))
        return 0.0 if kind == "contention" and self._met <= AT_ONCE else next(self._delays)

    def _bug(self, error: BaseException) -> None:
        """Logs the traceback for the first of equal errors in a row only."""
        self._bugs += 1
        if self._bugs == 1:
            self._bugs_since = monotonic()
        internal_error(self._name, error, told=self._bugs == 1, in_a_row=self._bugs)
        if self._bugs >= LIMITS.in_a_row and monotonic() - self._bugs_since >= LIMITS.over:
            raise LoopBroken(f"{self._name} has failed {self._bugs} times in a row") from error
