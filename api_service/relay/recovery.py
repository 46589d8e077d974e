"""Takes back from the broker what it may have lost: the table holds it again, and it is handed over or published anew.

What was not lost is a duplicate then, which the claim drops. So that duplicates do not become a storm, only a window is
taken back, and once an outage whatever the number of instances.
"""

from time import monotonic
from typing import Final

import structlog

from api_service.relay import metrics
from api_service.relay.delay_choice import DelayChoice

log = structlog.get_logger("api_service.relay")

RECENT: Final = 60.0
"""Seconds before an outage whose hand-overs may be lost. The delayed exchange confirms what it has in memory; a killed
broker loses what it had not given to the system yet (18 of 300: measured), a machine without power what the system had
not written, which Linux does after 30 s (vm.dirty_expire_centisecs)."""
OVERDUE: Final = 600.0
"""Seconds back that a silent exchange may have held what was due; what is older, the lifeline has found."""
GAP: Final = 60.0
"""Seconds for which nobody may have seen that the exchange was deleted: what was to be released meanwhile is lost."""
SOON: Final = 2.0
"""Seconds ahead in which an exchange that was just declared again may not have its bindings yet."""


class Recovery:
    """Is told what happened, and sees to it at the next turn."""

    def __init__(self, choice: DelayChoice) -> None:
        self._choice = choice
        self._lost_at: float | None = monotonic() - 0.001  # whoever was here before us may not have seen to it
        self._silent = False
        self._deleted = False

    def connection_lost(self) -> None:
        """The broker may have been killed; what it was given from now on is not at risk by it."""
        self._lost_at = monotonic()

    def exchange_was_silent(self) -> None:
        self._silent = True

    def exchange_was_deleted(self) -> None:
        self._deleted = True

    async def turn(self) -> int:
        """Takes back what there is reason to; how many. Only with a broker to give it to. Raises
        DatabaseUnavailable, and has forgotten nothing then."""
        moved = 0
        if self._lost_at is not None:
            moved += await self._after_outage(monotonic() - self._lost_at)
            self._lost_at = None
        if self._silent:
            moved += _counted("silent", await self._choice.take_back_due(past=OVERDUE, ahead=0.0))
            self._silent = False
        if self._deleted:
            moved += _counted("deleted", await self._choice.take_back_due(past=GAP, ahead=SOON))
            self._deleted = False
        return moved

    async def _after_outage(self, seconds_ago: float) -> int:
        if not await self._choice.take_turn():
            return 0
        return _counted("outage", await self._choice.take_back_recent(since=seconds_ago + RECENT, until=seconds_ago))


def _counted(reason: str, moved: int) -> int:
    if moved:
        metrics.TAKEN_BACK.labels(reason).inc(moved)
        log.warning("reminders taken back, the broker may have lost them", reason=reason, jobs=moved)
    return moved
