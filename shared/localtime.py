"""Writes a clinic's date, time and zone the way people of a language do. Pure."""

from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name

_FALLBACK: Final = Locale("en", "GB")


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
def zone(starts_at: datetime, timezone: str, tag: str) -> str:
    """Such as "Central European Standard Time, Europe/Berlin", with summer time where it is in force."""
    name = get_timezone_name(starts_at.astimezone(ZoneInfo(timezone)), "long", locale=locale(tag))
    return f"{name}, {timezone}"
