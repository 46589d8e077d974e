"""Publishes again all that the broker should hold, after it has lost a node: `api-service reconcile`."""

from typing import Final
from uuid import UUID

from shared.database import Database
from shared.jobs import store as job_store

BATCH: Final = 1000
_BEFORE_ALL: Final = UUID(int=0)


async def reconcile(database: Database) -> int:
    """Makes every enqueued or retrying job scheduled again; the relays publish each at its time. Returns their number.

    It is safe while everything runs. Attempt numbers stay, so messages that the broker has not lost are stale and
    change nothing.
    """
    total, moved, last = 0, BATCH, _BEFORE_ALL
    while moved == BATCH:
        moved, last = await job_store.reconcile(database, after=last, limit=BATCH)
        total += moved
    return total
