"""Tells the relays how far this process has come in each queue, so that they can see what the broker lost."""

import asyncio
from datetime import datetime
from typing import Final

import structlog

from shared import job_store
from shared.database import Database
from shared.errors import DatabaseUnavailable
from shared.job_store import Claim
from shared.jobs import Priority

log = structlog.get_logger("notifier_service.progress")

EVERY: Final = 2.0
"""Seconds between writes; a relay waits far longer before it calls a message lost."""


class Progress:
    def __init__(self, database: Database, *, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._reached: dict[Priority, datetime] = {}

    def claimed(self, priority: Priority, claim: Claim) -> None:
        """Notes when the claimed job had entered its queue."""
        for moment in filter(None, (claim.published_at, claim.due_at)):
            self._reached[priority] = max(moment, self._reached.get(priority, moment))

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            reached, self._reached = self._reached, {}
            try:
                for priority, published_at in reached.items():
                    await job_store.note_progress(
                        self._database, queue=priority, worker=self._worker, published_at=published_at
                    )
            except DatabaseUnavailable as error:
                log.warning("progress not noted", error=str(error))
