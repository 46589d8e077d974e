"""A doctor as bookings need it: zone, slot length, hours. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Annotated, Final

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from api_service.web.value_types import ClockTime, Day, Instant, ZoneName
from shared.people import zones

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Pair = Annotated[
    tuple[str, str],
    # prefixItems would be exact, but fewer generators of clients know it
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}),
]
Hours = Mapping[str, Sequence[Pair]]
"""Opening times of each weekday, as pairs of HH:MM; 24:00 ends a day."""


class DoctorJson(TypedDict):
    """`hours` null: every day from 00:00 to 24:00."""

    id: Annotated[str, Field(examples=["1"])]
    name: Annotated[str, Field(examples=["Dr. Ada Weber"])]
    specialty: Annotated[str, Field(examples=["General practice"])]
    timezone: ZoneName
    location: Annotated[str, Field(examples=["Hauptstraße 1, Berlin"])]
    slotMinutes: Annotated[int, Field(examples=[30])]
    hours: Annotated[Hours | None, Field(examples=[{"mon": [["09:00", "17:00"]]}])]
    daysOff: Annotated[list[date], Field(examples=[["2027-12-24"]])]


class WrittenDoctorJson(DoctorJson):
    """The doctor after the change. `cleared` names the fields that the request left out and that had a value before: a
    PUT replaces the whole doctor."""

    cleared: Annotated[list[str], Field(examples=[["location"]])]


class SlotJson(TypedDict):
    """A time that can be booked."""

    appointmentDate: Day
    appointmentTime: ClockTime
    startsAt: Instant


@dataclass(frozen=True, slots=True)
class Doctor:
    """`hours` None: every day from 00:00 to 24:00. `version` grows with every change."""

    id: str
    name: str
    specialty: str
    timezone: str
    location: str
    slot_minutes: int
    hours: Hours | None
    days_off: tuple[date, ...]
    version: int

    @property
    def zone(self) -> tzinfo:
        """The doctor's zone. Raises UnknownZone."""
        return zones.zone(self.timezone)

    def to_json(self) -> DoctorJson:
        return {
            "id": self.id,
            "name": self.name,
            "specialty": self.specialty,
            "timezone": self.timezone,
            "location": self.location,
            "slotMinutes": self.slot_minutes,
            "hours": self.hours,
            "daysOff": list(self.days_off),
        }
