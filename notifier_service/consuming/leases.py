"""Renews the leases of the attempts that this process works on."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from uuid import UUID

import structlog

from shared.batching.halving import in_halves
from shared.database import Database
from shared.jobs import store as job_store
from shared.process.internal_errors import failed
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.consuming.leases")


class Leases:
    def __init__(self, database: Database, *, owner: str, length: float) -> None:
        """`length` in seconds. Leases are renewed after a third of it, so that two renewals may fail."""
        self._database = database
        self._owner = owner
        self._length = length
        self._held: dict[UUID, int] = {}

    @contextmanager
    def hold(self, job_id: UUID, attempt: int) -> Iterator[None]:
        """Keeps the lease of a claimed attempt alive for the length of the block."""
        self._held[job_id] = attempt
        try:
            yield
        finally:
            self._held.pop(job_id, None)

    async def run(self) -> None:
        """Renews until cancelled."""
        await run_loop("leases", self._renew)

    async def _renew(self) -> float:
        """Renews all held leases. A claim that comes meanwhile has a whole lease. Returns seconds until the next
        turn."""
        held = list(self._held.items())
        async with aclosing(in_halves(held, self._renewed)) as parts:
            async for part, kept in parts:
                if isinstance(kept, Exception):
                    failed("leases", kept, job_id=str(part[0][0]))
                    continue
                for job_id, _ in part:
                    if job_id not in kept and job_id in self._held:
                        log.warning("lease lost, its outcome will be discarded", job_id=str(job_id))
        return self._length / 3

    async def _renewed(self, held: Sequence[tuple[UUID, int]]) -> set[UUID]:
        return await job_store.renew(self._database, held, owner=self._owner, lease=self._length)
