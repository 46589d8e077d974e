"""The bodies and queries of requests about doctors."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import LATEST_YEAR
from api_service.web.fields import FilledLine, Line, LocalDate, TimeZone
from api_service.web.payloads import Payload, Query
from shared.people.names import LONGEST_NAME
from shared.process.backoff import parse_duration

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
Clock = Annotated[str, StringConstraints(pattern=_CLOCK)]
ClockPair = Annotated[
    tuple[Clock, Clock],
    # prefixItems would be exact, but fewer generators of clients know it
    WithJsonSchema({"type": "array", "items": {"type": "string", "pattern": _CLOCK}, "minItems": 2, "maxItems": 2}),
]


def _in_order(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    moments = [moment for pair in pairs for moment in pair]
    if any(opening >= closing for opening, closing in pairs) or moments != sorted(moments):
        raise ValueError("must be pairs of opening and closing time, in order and without overlap")
    return pairs


OpeningTimes = Annotated[list[ClockPair], Field(max_length=24), AfterValidator(_in_order)]


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _each_once(offsets: Sequence[float]) -> Sequence[float]:
    if len(set(offsets)) < len(offsets):
        raise ValueError("must name each offset once")
    return offsets


_LONGEST_OFFSET: Final = 366 * 86_400.0
Offset = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(gt=0, le=_LONGEST_OFFSET),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": _LONGEST_OFFSET}, {"type": "string"}]}
    ),
]
"""Seconds, or a duration such as 24h."""
Offsets = Annotated[list[Offset], Field(max_length=10), AfterValidator(_each_once)]


class DoctorRequest(Payload):
    """With `hours`, bookings begin on the grid: every `slotMinutes` from an opening time, and end before closing. A
    weekday that is missing from them is closed. `hours` missing: every day 00:00 to 24:00, and a booking may begin at
    any second; what `slots` offers is a proposal then. On `daysOff` nothing begins in either case. Opening times
    that are shorter than `slotMinutes` are taken as they are, and have no slot."""

    name: FilledLine = Field(min_length=1, max_length=LONGEST_NAME, examples=["Dr. Ada Weber"])
    specialty: Line = Field("", max_length=200, examples=["General practice"])
    timezone: TimeZone = Field(examples=["Europe/Berlin"])
    location: Line = Field("", max_length=300, examples=["Hauptstraße 1, Berlin"])
    slot_minutes: int = Field(30, ge=5, le=480)
    hours: dict[Weekday, OpeningTimes] | None = Field(None, examples=[{"mon": [["09:00", "17:00"]]}])
    days_off: list[LocalDate] = Field([], max_length=1000, examples=[["2027-12-24"]])
    reminder_offsets: Offsets | None = Field(
        None,
        description="How long before the start reminders are due, in place of REMINDER_OFFSETS: seconds, or durations"
        ' such as "24h". An empty list: no reminders.',
        examples=[["24h", "1h"]],
    )

    @model_validator(mode="after")
    def _slots_fit(self) -> Self:
        if self.hours is not None and not any(self.hours.values()):
            raise ValueError("hours must open on at least one day; leave them out for every day")
        return self


class DoctorChangeRequest(DoctorRequest):
    """The fields to be changed; a field that is left out stays. `hours` null: every day; `reminderOffsets` null: those
    of REMINDER_OFFSETS."""

    name: FilledLine = Field("-", min_length=1, max_length=LONGEST_NAME, examples=["Dr. Ada Weber"])
    timezone: TimeZone = Field("UTC", examples=["Europe/Berlin"])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to change")
        return self

    def applied_to(self, doctor: Doctor) -> DoctorRequest:
        """The whole doctor, with the fields that this names changed."""
        names = DoctorRequest.model_fields
        return DoctorRequest.model_construct(
            **{name: getattr(self if name in self.model_fields_set else doctor, name) for name in names}
        )


def _in_reach(day: date) -> date:
    if day.year > LATEST_YEAR:
        raise ValueError(f"is after {LATEST_YEAR}")
    return day


class SlotsQuery(Query):
    """The day of the slots; a past day has none."""

    date: Annotated[LocalDate, AfterValidator(_in_reach)] = Field(examples=["2027-01-05"])
