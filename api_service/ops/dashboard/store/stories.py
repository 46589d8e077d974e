"""Reads what belongs together: a job's surroundings, an appointment's whole story (../sql/stories.sql)."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from shared.database import Executor
from shared.jobs import Job
from shared.sql_file import statements

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
