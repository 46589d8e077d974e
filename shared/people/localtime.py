"""Writes a clinic's date, time and zone the way people of a language do. Pure."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from shared.people import zone_names, zones

_FALLBACK: Final = Locale("en", "GB")
_WIDEST: Final = timedelta(hours=23, minutes=59)


@lru_cache(maxsize=256)
def locale(tag: str) -> Locale:
    """The locale of a language tag such as "de" or "en-GB"; plain "en", and what is unknown, reads as British
    English, whose times need no AM and PM."""
    if tag in ("", "en"):
        return _FALLBACK
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return _FALLBACK


@lru_cache(maxsize=4096)
def day(moment: date, tag: str) -> str:
    """Such as "Tuesday 5 January 2027"."""
    return format_date(moment, "full", locale(tag))


@lru_cache(maxsize=4096)
def clock(moment: time, tag: str) -> str:
    """Such as "15:00"."""
    return format_time(moment, "short", locale=locale(tag))


@lru_cache(maxsize=4096)
def zone(starts_at: datetime, timezone: str, tag: str, local: datetime | None = None) -> str:
    """Such as "Central European Standard Time, Europe/Berlin", with summer time where it is in force.

    A zone that our zone data do not have is told by its name, and by its offset from UTC where `local`, the date and
    time that its clocks show at `starts_at`, says which.
    """
    try:
        name = zone_names.name(starts_at.astimezone(zones.zone(timezone)), locale(tag))
    except zones.UnknownZone:
        if local is None:
            return timezone
        name = zone_names.offset(_with_offset(starts_at, local), locale(tag))
    return f"{name}, {timezone}"


def _with_offset(starts_at: datetime, local: datetime) -> datetime:
    """The moment on clocks that show `local` then. An offset is less than a day."""
    offset = local - starts_at.astimezone(UTC).replace(tzinfo=None)
    return starts_at.astimezone(timezone(max(-_WIDEST, min(_WIDEST, offset))))
