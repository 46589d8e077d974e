"""Reads the values of a form or of a page's address; an unreadable value counts as missing."""

from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, Self, cast, get_args

from multidict import MultiMapping
from pydantic import TypeAdapter, ValidationError

from api_service.web.fields import LocalDate, LocalTime

Act = Literal["come", "move", "cancel"]
_DAY: Final = TypeAdapter(LocalDate)
_TIME: Final = TypeAdapter(LocalTime)


@dataclass(frozen=True, slots=True)
class FormRequest:
    """`version`: of the appointment that the form was shown with; 0 is none. `day`, `clock`: the clinic's."""

    act: Act | None
    version: int
    day: date | None
    clock: time | None

    @classmethod
    def of(cls, form: MultiMapping[str]) -> Self:
        act, version = form.get("act"), form.get("version", "")
        return cls(
            cast("Act", act) if act in get_args(Act) else None,
            int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0,
            day_of(form.get("day")),
            time_of(form.get("time")),
        )


def day_of(text: str | None) -> date | None:
    try:
        return _DAY.validate_python(text)
    except ValidationError:
        return None


def time_of(text: str | None) -> time | None:
    try:
        return _TIME.validate_python(text)
    except ValidationError:
        return None
