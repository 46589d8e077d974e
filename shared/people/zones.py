"""Makes time zones from the pinned tzdata package, and from nothing else.

zoneinfo itself prefers the machine's files, whatever their age: the same booking would get another instant on another
machine. So only this module may call zoneinfo (ruff's banned-api in pyproject.toml enforces it).
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, reset_tzpath  # noqa: TID251 - the one place

import tzdata

from shared.errors import PunctualError

VERSION: Final[str] = tzdata.IANA_VERSION
"""The release of the zone data, as IANA names it, such as "2026a". Later releases sort after earlier ones."""

_EARLIEST: Final = timedelta(hours=-14)
_LATEST: Final = timedelta(days=1, hours=12)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class UnknownZone(PunctualError):
    """A zone that this zone data does not have. An instance with newer data has booked in it, or the database is
    old."""

    def __init__(self, name: str) -> None:
        super().__init__(f"time zone {name!a} is not in the zone data {VERSION}")
        self.name = name


@cache
def names() -> frozenset[str]:
    """Every IANA zone and link that is a place or a fixed offset."""
    return frozenset((files("tzdata") / "zones").read_text("utf-8").split()) - {"Factory"}


@cache
def zone(name: str) -> tzinfo:
    """The zone of an IANA name, the same object each time. Raises UnknownZone."""
    if name not in names():
        raise UnknownZone(name)
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instants_of_day(day: date) -> tuple[datetime, datetime]:
    """The instants that are on this date in some zone, as far as the calendar goes: the first one, and their end.

    >>> [str(instant) for instant in instants_of_day(date(2027, 1, 5))]
    ['2027-01-04 10:00:00+00:00', '2027-01-06 12:00:00+00:00']
    """
    midnight = datetime.combine(day, time(), UTC)
    return _shifted(midnight, _EARLIEST, _FIRST), _shifted(midnight, _LATEST, _LAST)


def _shifted(moment: datetime, by: timedelta, otherwise: datetime) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return otherwise


def bind_libraries() -> None:
    """Makes libraries use this package's zones, too (icalendar makes UTC itself). Each service calls it first; our own
    bookings and texts do not depend on it."""
    reset_tzpath(to=())
    ZoneInfo.clear_cache()
