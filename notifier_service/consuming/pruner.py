"""Deletes finished jobs after their retention, in small batches."""

from typing import Final

from notifier_service.consuming import metrics
from shared.database import Database
from shared.jobs import store as job_store
from shared.process.loops import run_loop

BATCH: Final = 500
PAUSE: Final = 0.2
"""Seconds between two batches, so that pruning never displaces the work."""
EVERY: Final = 60.0


async def prune_for_ever(database: Database, *, finished: float, failed: float) -> None:
    """`finished` and `failed`: seconds that jobs are kept after their end. Several instances may prune at once."""

    async def turn() -> float:
        removed = await job_store.prune(database, finished=finished, failed=failed, limit=BATCH)
        metrics.PRUNED.inc(removed)
        return PAUSE if removed == BATCH else EVERY

    await run_loop("pruner", turn)
