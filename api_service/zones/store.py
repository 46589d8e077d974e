"""Reads and writes appointments that were booked by an older law of their zone (sql/zones.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from api_service.zones.law import Misfit
from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.zones.sql", "zones.sql")
_MOST: Final = 1_000
"""Periods in one statement."""
_LOWEST: Final = UUID(int=0)
_HIGHEST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class BookedOffset:
    """Appointments are booked in `timezone` with the offset `booked_with`, the latest of them at `latest`; `now` is the
    database's time."""

    timezone: str
    booked_with: timedelta
    latest: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment, as the law of a zone needs it."""

    id: UUID
    doctor_id: str
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime


async def booked_offsets(executor: Executor) -> list[BookedOffset]:
    """Every zone with every offset of its appointments, past or future."""
    return [mapped(BookedOffset, row) for row in await executor.fetch(_SQL["booked_offsets"])]


async def with_bookings(executor: Executor, misfits: Sequence[Misfit]) -> list[Misfit]:
    """The zones with appointments."""
    found: list[Misfit] = []
    for begin in range(0, len(misfits), _MOST):
        some = misfits[begin : begin + _MOST]
        columns = [[getattr(each, name) for each in some] for name in ("timezone", "booked_with", "begins", "ends")]
        found += (some[row["place"] - 1] for row in await executor.fetch(_SQL["with_bookings"], *columns))
    return found


async def batch(executor: Executor, misfit: Misfit, after: Booking | None, *, limit: int) -> list[Booking]:
    """At most `limit` wrong appointments after one, in the order in which they can be moved."""
    if misfit.later:
        name, start, lowest = "latest_first", misfit.ends, _HIGHEST
    else:
        name, start, lowest = "earliest_first", misfit.begins - timedelta(microseconds=1), _LOWEST
    rows = await executor.fetch(
        _SQL[name],
        misfit.timezone,
        misfit.booked_with,
        misfit.begins,
        misfit.ends,
        start if after is None else after.starts_at,
        lowest if after is None else after.id,
        limit,
    )
    return [mapped(Booking, row) for row in rows]


async def replan(executor: Executor, booking: Booking, starts_at: datetime, *, reminders_alone: bool) -> int | None:
    """Moves an appointment and its reminders. Returns the number of reminders; None when the appointment has changed
    since it was read.

    Raises Occupied when another appointment has the new time; then nothing was moved.
    """
    row = await executor.fetchrow(
        _SQL["replan"],
        booking.id,
        booking.local_date,
        booking.local_time,
        booking.timezone,
        booking.starts_at,
        starts_at.astimezone(UTC),
        not reminders_alone,
    )
    return row["reminders"] if row is not None and row["appointments"] else None


async def occupants(executor: Executor, booking: Booking, starts_at: datetime) -> list[Booking]:
    """Other appointments of that doctor that overlap the new time."""
    ends_at = starts_at + (booking.ends_at - booking.starts_at)
    rows = await executor.fetch(_SQL["occupants"], booking.doctor_id, booking.id, starts_at, ends_at)
    return [mapped(Booking, row) for row in rows]


async def take_over(executor: Executor, version: str, *, even_older: bool) -> None:
    """Notes that this release of zone data re-plans now, unless a newer one does; with `even_older`, even then."""
    await executor.execute(_SQL["take_over"], version, even_older)


async def newest(executor: Executor) -> str | None:
    """The newest release of zone data that has re-planned; None before any has."""
    row = await executor.fetchrow(_SQL["newest"])
    return None if row is None else str(row["version"])
