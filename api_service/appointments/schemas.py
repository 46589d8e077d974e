"""The bodies and queries of requests about appointments."""

from datetime import date, time
from typing import Final, Self

from pydantic import Field, model_validator

from api_service.appointments.model import Status
from api_service.web.fields import LocalDate, LocalTime, Plain, Prose, QueryInstant
from api_service.web.pagination import PageQuery
from api_service.web.payloads import Payload

MAX_REASON: Final = 500


class BookingRequest(Payload):
    """Date and time are local to the doctor's clinic."""

    doctor_id: Plain = Field(min_length=1, max_length=100, examples=["1"])
    appointment_date: LocalDate = Field(examples=["2027-01-05"])
    appointment_time: LocalTime = Field(examples=["15:00"])
    reason: Prose | None = Field(None, max_length=MAX_REASON, examples=["Regular checkup"])


class ChangeRequest(Payload):
    """A missing field stays unchanged. Date and time are local to the doctor's clinic."""

    appointment_date: LocalDate | None = Field(None, examples=["2027-01-06"])
    appointment_time: LocalTime | None = Field(None, examples=["15:30"])
    reason: Prose | None = Field(None, max_length=MAX_REASON)

    @classmethod
    def to_time(cls, day: date, clock: time) -> Self:
        """A move to a date and time that were read before."""
        return cls.model_validate({"appointmentDate": day.isoformat(), "appointmentTime": clock.isoformat()})

    @property
    def says_reason(self) -> bool:
        """A reason of null removes the old one; a missing reason leaves it."""
        return "reason" in self.model_fields_set

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set & {"appointment_date", "appointment_time", "reason"}:
            raise ValueError("names nothing to change: appointmentDate, appointmentTime or reason")
        return self


class AppointmentsQuery(PageQuery):
    """Filters a client's appointments by their start, in [from, to)."""

    status: Status | None = None
    starts_from: QueryInstant | None = Field(None, alias="from")
    starts_before: QueryInstant | None = Field(None, alias="to")
