"""Rebuilds what the broker should hold, after it has lost a node: `api-service reconcile`."""

from typing import Final
from uuid import UUID

from shared.database import Database
from shared.jobs import store as job_store

BATCH: Final = 1000
_BEFORE_ALL: Final = UUID(int=0)


async def reconcile(database: Database) -> int:
    """Gives every enqueued or retrying job back to the table, whose relays publish each at its time; how many.

    Safe while all runs: attempt numbers stay, so whatever the broker did not lose is stale and changes nothing.
    """
    total, moved, last = 0, BATCH, _BEFORE_ALL
    while moved == BATCH:
        moved, last = await job_store.reconcile(database, after=last, limit=BATCH)
        total += moved
    return total
