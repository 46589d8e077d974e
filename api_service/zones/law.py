"""The law of a time zone: its offsets over a year, and the instant of a booked local time. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from shared.people import zones

_STEP: Final = timedelta(days=7)
"""The step of the search. No law of the last fifty years, and no announced one, puts the clocks forward and back within
a week."""
_SECOND: Final = timedelta(seconds=1)
_ZERO: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begins` to `ends`, the clocks are `offset` ahead of UTC."""

    begins: datetime
    ends: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Misfit:
    """A period in which appointments of a zone that were booked with the offset `booked_with` are wrong: by law the
    offset is `offset`."""

    timezone: str
    booked_with: timedelta
    begins: datetime
    ends: datetime
    offset: timedelta

    @property
    def later(self) -> bool:
        """Whether the right instants are later than the booked ones."""
        return self.booked_with > self.offset


def misfits(timezone: str, booked_with: timedelta, begins: datetime, ends: datetime) -> Iterator[Misfit]:
    """The periods between two instants in which an offset is wrong. Raises UnknownZone."""
    for year in range(begins.year, ends.year + 1):
        for each in _stretches(timezone, year):
            first, last = max(each.begins, begins), min(each.ends, ends)
            if each.offset != booked_with and first < last:
                yield Misfit(timezone, booked_with, first, last, each.offset)


def instant(day: date, clock: time, timezone: str) -> tuple[datetime, bool]:
    """The instant of a booked local time, and whether the clocks ever show that time.

    If the clocks show it twice, the earlier one counts. If the clocks skip it, the instant is the one that they would
    have shown it at without the change (fold 0, PEP 495). Raises UnknownZone.
    """
    zone = zones.zone(timezone)
    moment = datetime.combine(day, clock, zone).astimezone(UTC)
    return moment, moment.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, clock)


@lru_cache(maxsize=20_000)
def _stretches(timezone: str, year: int) -> tuple[Stretch, ...]:
    """The periods of a year, in order; two neighbours have different offsets."""
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    found, begins = [], datetime(year, 1, 1, tzinfo=UTC)
    seen, offset = begins, _offset(timezone, begins)
    while seen < end:
        then = min(seen + _STEP, end)
        if _offset(timezone, then) != offset:
            change = _change(timezone, seen, then)
            found.append(Stretch(begins, change, offset))
            begins, offset = change, _offset(timezone, change)
        seen = then
    if begins < end:
        found.append(Stretch(begins, end, offset))
    return tuple(found)


def _change(timezone: str, before: datetime, after: datetime) -> datetime:
    """The first second whose offset is not that of `before`, found by halving."""
    offset = _offset(timezone, before)
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        before, after = (middle, after) if _offset(timezone, middle) == offset else (before, middle)
    return after


def _offset(timezone: str, moment: datetime) -> timedelta:
    return moment.astimezone(zones.zone(timezone)).utcoffset() or _ZERO
