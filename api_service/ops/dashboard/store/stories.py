"""Reads what belongs together: a job's surroundings, an appointment's whole story (../sql/stories.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Job

_SQL: Final = statements("api_service.ops.dashboard.sql", "stories.sql")


@dataclass(frozen=True, slots=True)
class Around:
    """Whom a job tells, about which appointment, and whether the inbox has it."""

    starts_at: datetime
    timezone: str
    status: str
    local_date: date
    local_time: time
    doctor: str
    email: str | None
    email_reminders: bool
    told_at: datetime | None
    read_at: datetime | None


async def around(executor: Executor, job: Job) -> Around | None:
    row = await executor.fetchrow(_SQL["around"], job.id)
    return None if row is None else Around(**row)


@dataclass(frozen=True, slots=True)
class Appointment:
    id: UUID
    client_id: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    status: str
    local_date: date
    local_time: time
    created_at: datetime
    updated_at: datetime
    version: int
    doctor: str
    email: str | None
    email_reminders: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt of one of its jobs."""

    job_id: UUID
    attempt: int
    started_at: datetime
    finished_at: datetime
    worker: str | None
    outcome: str
    reply_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in the app."""

    job_id: UUID
    kind: str
    created_at: datetime
    read_at: datetime | None


async def appointment(executor: Executor, appointment_id: UUID) -> Appointment | None:
    row = await executor.fetchrow(_SQL["appointment"], appointment_id)
    return None if row is None else Appointment(**row)


async def jobs_of(executor: Executor, appointment_id: UUID) -> Sequence[Job]:
    """In the order of their making."""
    return [Job.from_row(row) for row in await executor.fetch(_SQL["jobs"], appointment_id)]


async def attempts_of(executor: Executor, jobs: Sequence[Job]) -> Sequence[Tried]:
    return [Tried(*row) for row in await executor.fetch(_SQL["attempts"], [job.id for job in jobs])]


async def told(executor: Executor, found: Appointment) -> Sequence[Told]:
    return [Told(*row) for row in await executor.fetch(_SQL["told"], found.client_id, found.id)]
