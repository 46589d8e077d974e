"""Renews the leases of claimed jobs, and takes back the jobs whose workers have vanished."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import MAX_LOST, State
from shared.jobs.store.rows import columns, lost

_SQL: Final = statements("shared.jobs.sql", "leases.sql")


async def renew(executor: Executor, held: Iterable[tuple[UUID, int]], *, owner: str, lease: float) -> set[UUID]:
    """Renews the leases of (job, attempt) pairs for `lease` seconds. Returns the jobs that are still held."""
    rows = await executor.fetch(_SQL["renew"], *columns(held, 2), owner, lease)
    return {row["id"] for row in rows}


async def mark_sending(
    executor: Executor, job_id: UUID, attempt: int, *, owner: str, hold: bool = True, bound_to: str | None = None
) -> bool:
    """Notes that the mail of a held attempt may be under way from now on, and to which mail server. `hold`: a person
    decides if the worker vanishes. Returns False when the lease was lost."""
    return bool(await executor.fetch(_SQL["mark_sending"], job_id, attempt, owner, hold, bound_to))


async def recover_expired_leases(executor: Executor, *, limit: int, most: int = MAX_LOST) -> list[tuple[UUID, State]]:
    """processing → scheduled if the worker has vanished; → failed at the `most`-th time."""
    return lost(await executor.fetch(_SQL["recover_expired_leases"], limit, most))


async def recover_crashed(
    executor: Executor, tickets: Iterable[tuple[UUID, int]], *, error: str, most: int = MAX_LOST
) -> list[tuple[UUID, State]]:
    """→ scheduled for messages that the broker's delivery limit has dead-lettered; → failed at the `most`-th time."""
    return lost(await executor.fetch(_SQL["recover_crashed"], *columns(tickets, 2), most, error))
