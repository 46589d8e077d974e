"""Writes dates, times and zones as people of a locale do. Pure; only `Language` calls it, so that words fit."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_time

from shared.people import zone_names, zones

_WIDEST: Final = timedelta(hours=23, minutes=59)


@lru_cache(maxsize=256)
def locale(name: str) -> Locale:
    """Babel's locale of a name such as "de_AT"."""
    return Locale.parse(name)


@lru_cache(maxsize=4096)
def day(moment: date, name: str) -> str:
    """Such as "Tuesday, 5 January 2027"."""
    return format_date(moment, "full", locale(name))


@lru_cache(maxsize=4096)
def clock(moment: time, name: str) -> str:
    """Such as "15:00"."""
    return format_time(moment, "short", locale=locale(name))


def zone(starts_at: datetime, timezone: str, name: str, local: datetime | None) -> tuple[str, str]:
    """The zone's name and its offset, such as ("Central European Standard Time", "UTC+01:00"); either may be "".

    A zone that our zone data do not have is told by its IANA name, and by its offset where `local`, the date and time
    that its clocks show at `starts_at`, says which.
    """
    try:
        moment = starts_at.astimezone(zones.zone(timezone))
    except zones.UnknownZone:
        return timezone, _offset(_with_offset(starts_at, local)) if local is not None else ""
    found = zone_names.name(moment, locale(name))
    return "" if found == zone_names.offset(moment, locale(name)) else found, _offset(moment)


def _offset(moment: datetime) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _with_offset(starts_at: datetime, local: datetime) -> datetime:
    """The moment on clocks that show `local` then. An offset is less than a day."""
    offset = local - starts_at.astimezone(UTC).replace(tzinfo=None)
    return starts_at.astimezone(timezone(max(-_WIDEST, min(_WIDEST, offset))))
