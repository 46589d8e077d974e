"""The types of values in requests, each with its rule, as annotations for pydantic models."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from shared.people import names, zones

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable text in one line")
    return text


def _filled(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _date(value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date such as 2027-01-05")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not in the calendar") from None


def _time(value: object) -> time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("must be a time such as 15:00 or 15:00:30")
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not on the clock") from None


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def _known_zone(name: str) -> str:
    if name not in zones.names():
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return name


def _instant(value: object) -> datetime:
    try:
        # fromisoformat ignores a NUL at the end
        moment = datetime.fromisoformat(value) if isinstance(value, str) and value.isprintable() else None
        if moment is None or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset may lead outside the calendar
        raise ValueError("must be an RFC 3339 instant such as 2027-01-05T14:00:00Z") from None


def _plus_for_space(value: object) -> object:
    """Restores a plus sign that the caller did not escape."""
    return value.replace(" ", "+") if isinstance(value, str) else value


Prose = Annotated[str, AfterValidator(names.prose)]
"""Text written by people. Its only controls are line ends and tabs."""
Line = Annotated[str, AfterValidator(names.line)]
"""Text written by people, in one line, such as a name."""
FilledLine = Annotated[Line, AfterValidator(_filled)]
"""The same, with at least one visible character."""
Plain = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
"""Printable text that is searched for literally, such as ids given by others."""
LocalDate = Annotated[date, BeforeValidator(_date)]
"""A day of a clinic's calendar, YYYY-MM-DD."""
LocalTime = Annotated[
    time,
    BeforeValidator(_time),
    # JSON Schema's format "time" requires an offset, which a local time does not have
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]
"""A time on a clinic's clock, HH:MM or HH:MM:SS."""
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-01-05T14:00:00Z"]}),
]
"""An instant, with its offset from UTC (RFC 3339)."""
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
"""An IANA time zone."""
QueryInstant = Annotated[Instant, BeforeValidator(_plus_for_space)]
"""An RFC 3339 instant in a query."""
QueryFlag = Annotated[bool, BeforeValidator(_flag)]
"""true or false in a query."""
