"""Records how far this process has come in each queue, so that relays can see which messages the broker has lost."""

from datetime import datetime
from typing import Final

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.store import Claimed
from shared.jobs.work_queues import WorkQueue
from shared.process.loops import run_loop

EVERY: Final = 2.0
"""Seconds between two writes. A relay waits far longer before it calls a message lost."""


class Progress:
    def __init__(self, database: Database, *, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._reached: dict[WorkQueue, datetime] = {}

    def claimed(self, queue: WorkQueue, claim: Claimed) -> None:
        """Notes when the claimed job had entered its queue."""
        for moment in filter(None, (claim.published_at, claim.due_at)):
            self._reached[queue] = max(moment, self._reached.get(queue, moment))

    async def run(self) -> None:
        """Writes until cancelled."""
        await run_loop("progress", self._tell)

    async def _tell(self) -> float:
        """Writes the progress since the last time. Returns seconds until the next time."""
        for queue, published_at in list(self._reached.items()):
            await job_store.note_progress(self._database, queue=queue, worker=self._worker, published_at=published_at)
            if self._reached[queue] == published_at:
                del self._reached[queue]
        return EVERY
