"""Removes finished jobs after their retention, in small batches."""

import asyncio
from typing import Final

import structlog

from notifier_service import metrics
from shared import job_store
from shared.database import Database
from shared.errors import DatabaseUnavailable

log = structlog.get_logger("notifier_service.pruner")

BATCH: Final = 500
PAUSE: Final = 0.2
"""Seconds between two batches, so that pruning never crowds out the work."""
EVERY: Final = 60.0


async def prune_for_ever(database: Database, *, finished: float, failed: float) -> None:
    """`finished` and `failed`: seconds that jobs are kept after they ended. Any number may run at once."""
    while True:
        try:
            removed = await job_store.prune(database, finished=finished, failed=failed, limit=BATCH)
        except DatabaseUnavailable as error:
            log.warning("pruning waits for the database", error=str(error))
            removed = 0
        metrics.PRUNED.inc(removed)
        await asyncio.sleep(PAUSE if removed == BATCH else EVERY)
