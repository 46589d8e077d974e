"""Offers the times that an appointment can be moved to: days with free times, page after page, and one day's times."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from api_service.doctors.availability import free_slots
from api_service.doctors.slot_rules import Slot
from api_service.links.appointment.view_model import Shown
from shared.database import Database

PAGE: Final = 14
"""Days that are looked at for one page."""
AHEAD: Final = timedelta(days=366)
"""As far as people can page."""
_SKIPPED: Final = 6
"""Pages without any free time that are passed over at once."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days with how many free times each has; the first days of the pages before and after."""

    days: Sequence[tuple[date, int]]
    earlier: date | None
    later: date | None


async def days(database: Database, shown: Shown, first: date | None, now: datetime) -> Days:
    """A page of days from `first` on; pages without free times are passed over. Raises UnknownZone."""
    today = now.astimezone(shown.doctor.zone).date()
    last = today + AHEAD
    begin = min(max(first or today, today), last)
    asked = begin
    for _ in range(_SKIPPED):
        found = await _free(database, shown, [begin + timedelta(days=each) for each in range(PAGE)], now)
        if found or begin + timedelta(days=PAGE) > last:
            break
        begin += timedelta(days=PAGE)
    counts = Counter(slot.local_date for slot in found)
    earlier = max(asked - timedelta(days=PAGE), today) if asked > today else None
    later = begin + timedelta(days=PAGE)
    return Days(sorted(counts.items()), earlier, later if later <= last else None)


async def times(database: Database, shown: Shown, day: date, now: datetime | None = None) -> Sequence[Slot]:
    """The free times of one day. Raises UnknownZone."""
    now = now or datetime.now(UTC)
    if not -timedelta(days=2) < day - now.date() <= AHEAD + timedelta(days=PAGE):
        return ()
    return await _free(database, shown, [day], now)


async def _free(database: Database, shown: Shown, wanted: Sequence[date], now: datetime) -> Sequence[Slot]:
    """Without the time that the appointment has."""
    found = await free_slots(database, shown.doctor, wanted, now, moving=shown.appointment.id)
    return [slot for slot in found if slot.starts_at != shown.appointment.starts_at]
