"""An appointment as the staff sees it: with its client, and with who came. Pure."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api_service.appointments.model import Appointment, AppointmentJson
from api_service.web.value_types import ZoneName


class ClientJson(TypedDict):
    """The client of an appointment. `email`: where mail goes; null: none can be sent."""

    id: Annotated[str, Field(examples=["client-1"])]
    name: Annotated[str | None, Field(examples=["Alex Example"])]
    email: Annotated[str | None, Field(examples=["client-1@patients.example"])]
    phone: Annotated[str | None, Field(examples=["+49 30 1234567"])]
    locale: Annotated[str, Field(examples=["en"])]
    timezone: ZoneName | None


class StaffAppointmentJson(AppointmentJson):
    """`reason`: null for callers without the role staff. `attendance`: the client's answer before the visit.
    `attended`: whether they came, by the staff; null: nobody has said."""

    client: ClientJson
    attended: bool | None


@dataclass(frozen=True, slots=True)
class Patient:
    """The client of an appointment."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    locale: str
    timezone: str | None

    def to_json(self) -> ClientJson:
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "locale": self.locale,
            "timezone": self.timezone,
        }


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with its client."""

    appointment: Appointment
    client: Patient

    def to_json(self, *, shows_reason: bool) -> StaffAppointmentJson:
        shown = self.appointment.to_json()
        return {
            **shown,
            "reason": shown["reason"] if shows_reason else None,
            "client": self.client.to_json(),
            "attended": self.appointment.attended,
        }
