"""Removes rows and texts that were kept for long enough, in small batches (sql/retention.sql)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic
from typing import Final
from uuid import UUID

from notifier_service.consuming import metrics
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.process.loops import run_loop
from shared.process.pacing import pause_after

BATCH: Final = 500
PAUSE: Final = 0.2
"""The least number of seconds between two batches. It is more after slow ones, so that they never displace the work."""
EVERY: Final = 600.0
"""Seconds between two walks."""
_SQL: Final = statements("notifier_service.consuming.sql", "retention.sql")
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
Place = tuple[datetime, UUID]


class Retained(StrEnum):
    """What has a retention of its own, beside jobs."""

    APPOINTMENTS = "appointments"  # with their acts, notifications and reports
    NOTIFICATIONS = "notifications"  # in the app
    DEAD_LETTERS = "dead_letters"
    ERRORS = "errors"  # the texts of attempts' errors


async def remove(
    executor: Executor, kept: Retained, *, older_than: float, limit: int = BATCH, after: Place | None = None
) -> tuple[int, Place | None]:
    """Looks at `limit` rows from a place on, and removes those of more than `older_than` seconds ago: how many it were,
    and the place from which the walk goes on, None at its end."""
    rows = await executor.fetch(_SQL[kept], older_than, limit, *(after or _FIRST))
    if not rows:
        return 0, None
    [row] = rows
    return row["removed"], (row["moment"], row["id"]) if row["looked_at"] == limit else None


async def remove_for_ever(database: Database, retentions: Mapping[Retained, float | None]) -> None:
    """`retentions` in seconds; None: kept for ever. Several instances may do so at once."""
    wanted = {kept: seconds for kept, seconds in retentions.items() if seconds is not None}
    places: dict[Retained, Place | None] = dict.fromkeys(wanted)
    walking = set(wanted)

    async def turn() -> float:
        began = monotonic()
        for kept in sorted(walking):
            removed, places[kept] = await remove(database, kept, older_than=wanted[kept], after=places[kept])
            metrics.REMOVED.labels(kept).inc(removed)
            if places[kept] is None:
                walking.discard(kept)
        if walking:
            return pause_after(monotonic() - began, least=PAUSE)
        walking.update(wanted)
        return EVERY

    await run_loop("retention", turn)
