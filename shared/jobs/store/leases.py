"""Renews the leases of claimed jobs, and takes back those of workers that have vanished."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import MAX_LOST, State
from shared.jobs.store.rows import columns, lost

_SQL: Final = statements("shared.jobs.sql", "leases.sql")


async def renew(executor: Executor, held: Iterable[tuple[UUID, int]], *, owner: str, lease: float) -> set[UUID]:
    """Pushes the leases of (job, attempt) pairs ahead by `lease` seconds; the jobs that are still held."""
    rows = await executor.fetch(_SQL["renew"], *columns(held, 2), owner, lease)
    return {row["id"] for row in rows}


async def mark_sending(
    executor: Executor, job_id: UUID, attempt: int, *, owner: str, hold: bool = True, bound_to: str | None = None
) -> bool:
    """Notes that the mail of a held attempt may be on its way from now on, to which mail server, and whether a person
    decides if the worker vanishes (`hold`); False when the lease was lost."""
    return bool(await executor.fetch(_SQL["mark_sending"], job_id, attempt, owner, hold, bound_to))


async def recover_expired_leases(executor: Executor, *, limit: int, most: int = MAX_LOST) -> list[tuple[UUID, State]]:
    """processing → scheduled where the worker has vanished, the `most`-th time → failed."""
    return lost(await executor.fetch(_SQL["recover_expired_leases"], limit, most))


async def recover_crashed(
    executor: Executor, tickets: Iterable[tuple[UUID, int]], *, error: str, most: int = MAX_LOST
) -> list[tuple[UUID, State]]:
    """→ scheduled, the `most`-th time → failed, for what died by the broker's delivery limit."""
    return lost(await executor.fetch(_SQL["recover_crashed"], *columns(tickets, 2), most, error))
