"""What an appointment is, with its jobs. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self
from uuid import UUID

from shared.jobs import Row


@dataclass(frozen=True, slots=True)
class JobSummary:
    """What a client may know of a job."""

    id: UUID
    kind: str
    state: str
    due_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "kind": self.kind, "state": self.state, "dueAt": self.due_at}


@dataclass(frozen=True, slots=True)
class Appointment:
    """`local_date` and `local_time` are the clinic's, in `timezone` (IANA); the instants are in UTC."""

    id: UUID
    doctor_id: str
    client_id: str
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime
    status: str
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    jobs: tuple[JobSummary, ...] = ()

    @classmethod
    def from_row(cls, row: Row, jobs: tuple[JobSummary, ...]) -> Self:
        names = [name for name in cls.__slots__ if name != "jobs"]
        return cls(**{name: row[name] for name in names}, jobs=jobs)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "doctorId": self.doctor_id,
            "clientId": self.client_id,
            "appointmentDate": self.local_date,
            "appointmentTime": clock(self.local_time),
            "startsAt": self.starts_at,
            "endsAt": self.ends_at,
            "timezone": self.timezone,
            "status": self.status,
            "reason": self.reason,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "jobs": [job.to_json() for job in self.jobs],
        }


def clock(moment: time) -> str:
    """HH:MM, with seconds only where there are some."""
    return moment.isoformat("seconds" if moment.second else "minutes")
