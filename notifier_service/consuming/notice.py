"""What a mail or an in-app notification is filled from, read just before the claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("notifier_service.consuming.sql", "notices.sql")


@dataclass(frozen=True, slots=True)
class Notice:
    """One job's facts. Date and time are the clinic's, `timezone` is its IANA zone as booked."""

    job_id: UUID
    kind: str
    appointment_id: UUID
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    doctor_name: str
    doctor_specialty: str
    doctor_location: str
    client_id: str
    client_name: str | None
    client_email: str | None
    client_locale: str
    lost: int = 0  # attempts whose worker vanished: it may have been this job that ended it
    bound_to: str | None = None  # the mail server that may have it
    doctor_id: str = ""


async def load(executor: Executor, job_ids: Sequence[UUID]) -> dict[UUID, Notice]:
    """The notices of these jobs; an id without a row is missing. Raises DatabaseUnavailable."""
    rows = await executor.fetch(_SQL["load"], job_ids)
    return {row["job_id"]: Notice(*row) for row in rows}
