"""Publishes again whatever the broker should hold, after it has lost a node, or after a restore."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import State

BATCH: Final = 1000
_BEFORE_ALL: Final = UUID(int=0)


async def reconcile(database: Database, told: Callable[[int], None] = lambda _: None) -> Counter[tuple[str, str]]:
    """Makes every enqueued or retrying job scheduled again; the relays publish each at its time. Returns their numbers
    by kind and by the state that they had. `told` gets the number of each batch.

    It is safe while everything runs. Attempt numbers stay, so messages that the broker has not lost are stale and
    change nothing.
    """
    moved, last, batch = Counter[tuple[str, str]](), _BEFORE_ALL, BATCH
    while batch == BATCH:
        done = await job_store.reconcile(database, after=last, limit=BATCH)
        batch, last = done.moved.total(), done.last
        moved += done.moved
        told(batch)
    return moved


def lines(moved: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> Iterator[str]:
    """The report. `before`: the unfinished jobs when it began."""
    yield f"{moved.total()} jobs are published again, each at its time"
    for (kind, state), count in sorted(moved.items()):
        yield f"  {kind}: {count} {'were enqueued' if state == State.ENQUEUED else 'waited for another attempt'}"
    held = sum(count for (_, state), count in before.items() if state == State.PROCESSING)
    if held:
        yield f"{held} jobs are being worked on; each whose worker has vanished is tried again when its lease ends"
