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
    """The doctor after the change. `reminderOffsets`: seconds before the start of an appointment, one for each
    reminder; null: REMINDER_OFFSETS. `cleared` names the fields that a PUT left out and that had a value before: it
    replaces the whole doctor. `affected`: how many booked appointments ahead no longer fit the hours and days off."""

    reminderOffsets: Annotated[list[float] | None, Field(examples=[[86400, 3600]])]
    cleared: Annotated[list[str], Field(examples=[["location"]])]
    affected: Annotated[int, Field(examples=[31])]


class SlotJson(TypedDict):
    """A time that can be booked."""

    appointmentDate: Day
    appointmentTime: ClockTime
    startsAt: Instant


@dataclass(frozen=True, slots=True)
class Doctor:
    """`hours` None: every day from 00:00 to 24:00. `version` grows with every change. `reminder_offsets`: seconds
    before the start, one for each reminder; None: those of REMINDER_OFFSETS."""

    id: str
    name: str
    specialty: str
    timezone: str
    location: str
    slot_minutes: int
    hours: Hours | None
    days_off: tuple[date, ...]
    version: int
    reminder_offsets: tuple[float, ...] | None = None

    @property
    def zone(self) -> tzinfo:
        """The doctor's zone. Raises UnknownZone."""
        return zones.zone(self.timezone)

    def offsets_or(self, usual: Sequence[float]) -> Sequence[float]:
        """The seconds before the start at which reminders are due; `usual`: those of REMINDER_OFFSETS."""
        return usual if self.reminder_offsets is None else self.reminder_offsets

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
