"""An appointment with its jobs. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from api_service.web.value_types import ClockTime, Day, Id, Instant, KindName, ZoneName, clock_time
from shared.jobs.model import Channel, State

Status = Literal["booked", "cancelled"]
Attendance = Literal["will_come"]
Act = Literal["booked", "moved", "cancelled", "will_come", "reason_changed", "attended", "missed", "offered"]
Via = Literal["api", "link", "staff"]
"""By which way an act came: the client's app with their token, the link in a mail, or the staff."""


class JobSummaryJson(TypedDict):
    """A job of an appointment, as its client may see it."""

    id: Id
    kind: KindName
    state: State
    dueAt: Instant


class AttendanceJson(TypedDict):
    """The client's answer whether they will come to this time."""

    answer: Attendance
    answeredAt: Instant


class AppointmentJson(TypedDict):
    """Date and time are the clinic's, in its `timezone`; the instants are in UTC. `attendance` null: the client has not
    answered, or the appointment was moved or cancelled since."""

    id: Id
    doctorId: Annotated[str, Field(examples=["1"])]
    clientId: Annotated[str, Field(examples=["client-1"])]
    appointmentDate: Day
    appointmentTime: ClockTime
    startsAt: Instant
    endsAt: Annotated[Instant, Field(examples=["2027-01-05T14:30:00Z"])]
    timezone: ZoneName
    status: Status
    reason: Annotated[str | None, Field(examples=["Regular checkup"])]
    createdAt: Instant
    updatedAt: Instant
    attendance: AttendanceJson | None
    jobs: list[JobSummaryJson]


class JobSummary(NamedTuple):
    """A job, as its client may see it."""

    id: UUID
    kind: str  # not a Kind: a newer release, which runs beside this one during an upgrade, may have more kinds
    state: State
    due_at: datetime
    channel: Channel = Channel.EMAIL

    def to_json(self) -> JobSummaryJson:
        return {"id": self.id, "kind": self.kind, "state": self.state, "dueAt": self.due_at}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who does something to an appointment, and by which way. `actor`: the subject of their token. `message`: words of
    the staff to the client, for the mail about it."""

    actor: str
    via: Via = "api"
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """`local_date` and `local_time` are the clinic's, in `timezone` (IANA); the instants are in UTC. `attendance`: the
    client's answer before the visit. `attended`: whether they came, by the staff."""

    id: UUID
    doctor_id: str
    client_id: str
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    jobs: tuple[JobSummary, ...] = ()
    attendance: Attendance | None = None
    attendance_at: datetime | None = None
    attended: bool | None = None
    attended_at: datetime | None = None

    def to_json(self) -> AppointmentJson:
        return {
            "id": self.id,
            "doctorId": self.doctor_id,
            "clientId": self.client_id,
            "appointmentDate": self.local_date,
            "appointmentTime": clock_time(self.local_time),
            "startsAt": self.starts_at,
            "endsAt": self.ends_at,
            "timezone": self.timezone,
            "status": self.status,
            "reason": self.reason,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "attendance": self._attendance(),
            "jobs": [job.to_json() for job in self.jobs],
        }

    def _attendance(self) -> AttendanceJson | None:
        if self.attendance is None or self.attendance_at is None:
            return None
        return {"answer": self.attendance, "answeredAt": self.attendance_at}
