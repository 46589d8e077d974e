"""The kinds of values that requests are made of, each with its rule; pydantic's annotations for models."""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
_KEPT: Final = frozenset("\n\t")


def _without_controls(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text if character not in _KEPT):
        raise ValueError("must not contain control characters")
    return text.strip()


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable text in one line")
    return text.strip()


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


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return name


def _instant(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("must be an RFC 3339 instant such as 2027-01-05T14:00:00Z")
    return moment


Prose = Annotated[str, AfterValidator(_without_controls)]
"""Text of people: line ends and tabs are its only controls."""
Line = Annotated[str, AfterValidator(_one_line)]
"""Printable text of one line."""
LocalDate = Annotated[date, BeforeValidator(_date)]
"""A day of a clinic's calendar, YYYY-MM-DD."""
LocalTime = Annotated[time, BeforeValidator(_time)]
"""A time on a clinic's clock, HH:MM or HH:MM:SS."""
Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A moment, with its offset from UTC (RFC 3339)."""
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
"""An IANA time zone."""
