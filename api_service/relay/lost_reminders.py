"""Takes reminders back that the broker may have lost: the table holds them again, and they are published anew.

A reminder that was not lost arrives twice, and the claim drops the second one. So that duplicates stay few, only a
window of time is taken back, once for each outage, however many instances there are.
"""

from time import monotonic
from typing import Final

import structlog

from api_service.relay import metrics
from api_service.relay.delay_choice import DelayChoice

log = structlog.get_logger("api_service.relay")

RECENT: Final = 60.0
"""Seconds before an outage whose reminders may be lost. The delayed exchange confirms messages that it has in memory
only. A killed broker loses those that it had not yet written (18 of 300, measured). A machine without power loses those
that Linux had not yet flushed, which it does after 30 s (vm.dirty_expire_centisecs)."""
OVERDUE: Final = 600.0
"""Seconds before now in which a silent exchange may have held due messages. The lifeline has found the older ones."""
GAP: Final = 60.0
"""Seconds for which a deletion of the exchange may go unseen. Messages due in that time are lost."""
SOON: Final = 2.0
"""Seconds ahead in which a newly declared exchange may lack its bindings."""


class Recovery:
    """Notes events, and takes back at the next turn."""

    def __init__(self, choice: DelayChoice) -> None:
        self._choice = choice
        self._lost_at: float | None = monotonic() - 0.001  # the process before us may not have taken back
        self._silent = False
        self._deleted = False

    def connection_lost(self) -> None:
        """The broker may have been killed. Messages given to it from now on are not at risk."""
        self._lost_at = monotonic()

    def exchange_was_silent(self) -> None:
        self._silent = True

    def exchange_was_deleted(self) -> None:
        self._deleted = True

    async def turn(self) -> int:
        """Takes back the reminders at risk. Returns their number. Call it only with a broker. Raises
        DatabaseUnavailable; then it forgets no event."""
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
