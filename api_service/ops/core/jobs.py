"""Reads single jobs for operators: the row, its attempts, its message, whom it tells (sql/jobs.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from shared.broker.topology import WORK
from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs import envelope
from shared.jobs.envelope import Envelope
from shared.jobs.model import Job, Ticket
from shared.jobs.work_queues import queue_of
from shared.people.addresses import spellings

_SQL: Final = statements("api_service.ops.core.sql", "jobs.sql")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that has ended; `error` may be the mail server's raw reply."""

    job_id: UUID
    attempt: int
    started_at: datetime
    finished_at: datetime
    worker: str | None
    outcome: str
    reply_code: int | None
    error: str | None


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


@dataclass(frozen=True, slots=True)
class JobMessage:
    """The message that would claim a job as it stands, and where it would be published."""

    exchange: str
    routing_key: str
    envelope: Envelope


async def job(executor: Executor, job_id: UUID) -> Job | None:
    row = await executor.fetchrow(_SQL["one"], job_id)
    return None if row is None else Job.from_row(row)


async def attempts(executor: Executor, job_ids: Sequence[UUID]) -> list[Attempt]:
    """The attempts of these jobs that have ended; each job's oldest first."""
    return [Attempt(**row) for row in await executor.fetch(_SQL["attempts"], job_ids)]


async def around(executor: Executor, job_id: UUID) -> Around | None:
    row = await executor.fetchrow(_SQL["around"], job_id)
    return None if row is None else Around(**row)


def message(job: Job, shards: int) -> JobMessage:
    """The message that would claim the job as it stands. `shards`: work queues for each priority."""
    ticket = Ticket(job.id, job.attempt, job.kind, job.appointment_id, job.due_at, job.request_id, job.traceparent)
    return JobMessage(WORK, queue_of(ticket, shards).key, envelope.build(ticket))


async def clients_by_address(executor: Executor, address: str) -> list[str]:
    """The clients that mail to this address goes to."""
    return [row["id"] for row in await executor.fetch(_SQL["clients_by_address"], spellings(address))]
