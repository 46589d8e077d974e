"""Renews the leases of the attempts that this process works on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from shared import job_store
from shared.database import Database
from shared.errors import DatabaseUnavailable

log = structlog.get_logger("notifier_service.leases")


class Leases:
    def __init__(self, database: Database, *, owner: str, length: float) -> None:
        """`length` in seconds; renewed at a third of it, so that two renewals may fail."""
        self._database = database
        self._owner = owner
        self._length = length
        self._held: dict[UUID, int] = {}

    @contextmanager
    def hold(self, job_id: UUID, attempt: int) -> Iterator[None]:
        """Keeps the lease of a claimed attempt alive for the block."""
        self._held[job_id] = attempt
        try:
            yield
        finally:
            self._held.pop(job_id, None)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._length / 3)
            held = list(self._held.items())
            if not held:
                continue
            try:
                kept = await job_store.renew(self._database, held, owner=self._owner, lease=self._length)
            except DatabaseUnavailable as error:
                log.warning("leases not renewed", leases=len(held), error=str(error))
                continue
            for job_id, _ in held:
                if job_id not in kept and job_id in self._held:
                    log.warning("lease lost, its outcome will be discarded", job_id=str(job_id))
