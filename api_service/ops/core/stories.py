"""Reads the whole story of an appointment: its jobs, and the notifications in the app (sql/stories.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Job

_SQL: Final = statements("api_service.ops.core.sql", "stories.sql")


@dataclass(frozen=True, slots=True)
class StoryAppointment:
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
class Told:
    """A notification in the app."""

    job_id: UUID
    kind: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Act:
    """What the client or the staff has done; `via` the API, the link of a mail, or the staff."""

    at: datetime
    act: str
    via: str
    starts_at: datetime
    previous_starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A report about a delivered mail: returned, delayed, or complained of."""

    job_id: UUID
    event: str
    status: str | None
    at: datetime


async def returned(executor: Executor, appointment_id: UUID) -> Sequence[Returned]:
    """In the order of their coming."""
    return [Returned(**row) for row in await executor.fetch(_SQL["returned"], appointment_id)]


async def returned_of_job(executor: Executor, job_id: UUID) -> Sequence[Returned]:
    """In the order of their coming."""
    return [Returned(**row) for row in await executor.fetch(_SQL["returned_of_job"], job_id)]


async def appointment(executor: Executor, appointment_id: UUID) -> StoryAppointment | None:
    row = await executor.fetchrow(_SQL["appointment"], appointment_id)
    return None if row is None else StoryAppointment(**row)


async def acts_of(executor: Executor, appointment_id: UUID) -> Sequence[Act]:
    """In the order of time."""
    return [Act(**row) for row in await executor.fetch(_SQL["acts"], appointment_id)]


async def jobs_of(executor: Executor, appointment_id: UUID) -> Sequence[Job]:
    """In the order of their making."""
    return [Job.from_row(row) for row in await executor.fetch(_SQL["jobs"], appointment_id)]


async def told(executor: Executor, found: StoryAppointment) -> Sequence[Told]:
    return [Told(**row) for row in await executor.fetch(_SQL["told"], found.id)]
