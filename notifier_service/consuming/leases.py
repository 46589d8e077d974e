"""Renews the leases of the attempts that this process works on."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
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

    def hold(self, job_id: UUID, attempt: int) -> "_Hold":
        """Keeps the lease of a claimed attempt alive for the length of the block."""
        return _Hold(self._held, job_id, attempt)

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


@dataclass(slots=True)
class _Hold:
    """A class, since a generator for each job would cost three times as much."""

    held: dict[UUID, int]
    job_id: UUID
    attempt: int

    def __enter__(self) -> None:
        self.held[self.job_id] = self.attempt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.held.pop(self.job_id, None)
