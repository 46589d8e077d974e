"""Deletes finished jobs after their retention, in small batches."""

from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from notifier_service.consuming import metrics
from shared.database import Database
from shared.deliveries import store as deliveries
from shared.jobs import store as job_store
from shared.process.loops import run_loop
from shared.process.pacing import pause_after

BATCH: Final = 500
PAUSE: Final = 0.2
"""The least number of seconds between two batches. It is more after a slow one, so that pruning never displaces the
work."""
EVERY: Final = 600.0
"""Seconds between two walks: each looks at every job that is old enough, also at those whose appointment is to come."""


async def prune_for_ever(database: Database, *, finished: float, failed: float) -> None:
    """`finished` and `failed`: seconds that jobs are kept after they ended, and after their appointment's end. Several
    instances may prune at once."""
    place: tuple[datetime, UUID] | None = None

    async def turn() -> float:
        nonlocal place
        began = monotonic()
        done = await job_store.prune(database, finished=finished, failed=failed, limit=BATCH, after=place)
        metrics.PRUNED.inc(done.removed)
        await deliveries.forget(database, older_than=failed, limit=BATCH)
        place = done.after
        return EVERY if place is None else pause_after(monotonic() - began, least=PAUSE)

    await run_loop("pruner", turn)
