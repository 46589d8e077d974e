"""Writes from when until when an appointment is, on the clocks of a zone. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from shared.people import zones
from shared.wording.bidi import Phrase
from shared.wording.language import Language

_DAY: Final = timedelta(days=1)


class Interval(NamedTuple):
    """The instants of an appointment, with the date and time that the clocks of its IANA zone show at its start."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: time
    timezone: str

    def seen_from(self, timezone: str) -> "Interval | None":
        """The same on the clocks of another zone; None where they show the same, or nobody knows the zone."""
        try:
            start = self.starts_at.astimezone(zones.zone(timezone)).replace(tzinfo=None)
        except (zones.UnknownZone, OverflowError):
            return None
        if (start.date(), start.time()) == (self.local_date, self.local_time):
            return None
        return Interval(self.starts_at, self.ends_at, start.date(), start.time(), timezone)


def local_time(moment: datetime, timezone: str) -> datetime:
    """What the clocks of an IANA zone show at a moment, without the zone; in UTC where nobody knows the zone."""
    try:
        return moment.astimezone(zones.zone(timezone)).replace(tzinfo=None)
    except (zones.UnknownZone, OverflowError):
        return moment.astimezone(UTC).replace(tzinfo=None)


@lru_cache(maxsize=4096)
def written(interval: Interval, language: Language) -> Phrase:
    """Date, start, end, and the zone with its offset from UTC. The end is left out where it is on another day, or the
    clocks change before it: it would have another date, or another offset, than the one beside it."""
    start = datetime.combine(interval.local_date, interval.local_time)
    zone = language.zone(interval.starts_at, interval.timezone, start)
    end = _end(interval, start)
    is_near = end.date() == start.date() or (end.time() == time() and end - start < _DAY)
    is_steady = end - start == interval.ends_at - interval.starts_at
    return language.when(interval.local_date, interval.local_time, zone, end.time() if is_near and is_steady else None)


def _end(interval: Interval, start: datetime) -> datetime:
    """On the zone's clocks, which may have been changed since the start."""
    try:
        return interval.ends_at.astimezone(zones.zone(interval.timezone)).replace(tzinfo=None)
    except (zones.UnknownZone, OverflowError):
        return start + (interval.ends_at - interval.starts_at)
