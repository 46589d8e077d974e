"""Cancels jobs: by hand, or with their appointment."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Kind, State
from shared.jobs.store.rows import moved

_SQL: Final = statements("shared.jobs.sql", "cancelling.sql")


async def cancel(executor: Executor, job_ids: Collection[UUID], *, reason: str) -> list[tuple[UUID, State]]:
    """→ cancelled by an operator, failed jobs too. A job that is being processed is marked, and keeps its state."""
    return moved(await executor.fetch(_SQL["cancel"], list(job_ids), None, [], reason))


async def cancel_of_appointment(
    executor: Executor, appointment_id: UUID, kinds: Collection[Kind], *, reason: str
) -> list[tuple[UUID, State]]:
    """→ cancelled for the `kinds` of an appointment, in the caller's transaction that changes the appointment."""
    return moved(await executor.fetch(_SQL["cancel"], [], appointment_id, list(kinds), reason))


async def discard(executor: Executor, job_id: UUID, *, reason: str) -> bool:
    """failed → cancelled by an operator's hand; False where the job is in another state, or does not exist."""
    return bool(moved(await executor.fetch(_SQL["discard"], job_id, reason)))
