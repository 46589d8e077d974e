"""The bodies and queries of the staff's requests."""

import datetime as dt
from typing import Final, Self

from pydantic import Field, model_validator

from api_service.appointments.schemas import AppointmentsQuery, BookingRequest, ChangeRequest
from api_service.profile.schemas import StaffClientRequest
from api_service.web.fields import LocalDate, Plain, Prose, QueryFlag
from api_service.web.payloads import Payload
from shared.people.zones import instants_of_day

MAX_MESSAGE: Final = 1000


class AgendaQuery(AppointmentsQuery):
    """Filters appointments by doctor, client, state and start: a day of the clinic's calendar, or [from, to)."""

    doctor_id: Plain | None = Field(None, max_length=100)
    client_id: Plain | None = Field(None, max_length=200)
    date: LocalDate | None = None
    attended: QueryFlag | None = Field(None, description="false: appointments whose client did not come.")

    @property
    def interval(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """The starts in [from, to), narrowed to those that may be on the day."""
        if self.date is None:
            return self.starts_from, self.starts_before
        begins, ends = instants_of_day(self.date)
        return max(begins, self.starts_from or begins), min(ends, self.starts_before or ends)


class StaffBookingRequest(BookingRequest):
    """A booking for a client: `clientId` of one who is known, or `client`, who is then created or changed."""

    client_id: Plain | None = Field(None, min_length=1, max_length=200, examples=["client-1"])
    client: StaffClientRequest | None = None
    message: Prose | None = Field(None, max_length=MAX_MESSAGE, description="Words to the client, for the mail.")

    @model_validator(mode="after")
    def _names_one_client(self) -> Self:
        if (self.client_id is None) == (self.client is None):
            raise ValueError("must name the client by clientId, or by client, and not by both")
        return self

    @property
    def booked_for(self) -> str:
        """The id of the client."""
        return self.client.id if self.client is not None else self.client_id or ""


class StaffChangeRequest(ChangeRequest):
    """A move, or another reason. Words to the client go with the mail about a move."""

    message: Prose | None = Field(None, max_length=MAX_MESSAGE, description="Words to the client, for the mail.")

    @model_validator(mode="after")
    def _message_has_a_mail(self) -> Self:
        if self.message and self.appointment_date is None and self.appointment_time is None:
            raise ValueError("has a message without a move: a new reason is not told by mail")
        return self


class CancellationRequest(Payload):
    message: Prose | None = Field(None, max_length=MAX_MESSAGE, description="Words to the client, for the mail.")


class AttendanceRequest(Payload):
    attended: bool
