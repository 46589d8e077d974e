"""What a doctor is to a booking: zone, slot length, hours. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = Mapping[str, Sequence[tuple[str, str]]]
"""Opening times of each weekday, as pairs of HH:MM; 24:00 ends a day."""


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
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def to_json(self) -> dict[str, Any]:
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
