"""Reads and writes what is booked by another law than its zone has now (sql/zones.sql)."""

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
"""Stretches in one statement."""
_LOWEST: Final = UUID(int=0)
_HIGHEST: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class BookedOffset:
    """Something is booked in `timezone` with the offset `booked_with`, the latest of it at `latest`; `now` is the
    database's time."""

    timezone: str
    booked_with: timedelta
    latest: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment, as far as a zone's law concerns it."""

    id: UUID
    doctor_id: str
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime


async def booked_offsets(executor: Executor) -> list[BookedOffset]:
    """Every zone and offset that something is booked with, past or ahead."""
    return [mapped(BookedOffset, row) for row in await executor.fetch(_SQL["booked_offsets"])]


async def with_bookings(executor: Executor, misfits: Sequence[Misfit]) -> list[Misfit]:
    """Those in which something is booked."""
    found: list[Misfit] = []
    for begin in range(0, len(misfits), _MOST):
        some = misfits[begin : begin + _MOST]
        columns = [[getattr(each, name) for each in some] for name in ("timezone", "booked_with", "begins", "ends")]
        found += (some[row["place"] - 1] for row in await executor.fetch(_SQL["with_bookings"], *columns))
    return found


async def batch(executor: Executor, misfit: Misfit, after: Booking | None, *, limit: int) -> list[Booking]:
    """At most `limit` bookings of a misfit that follow one, in the order in which they can be moved."""
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
    """Moves a booking and its reminders; how many reminders, None where it is no longer as it was read.

    Raises Occupied when somebody has the new time, and then nothing was moved.
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
    """Other bookings of that doctor in the time that a booking would take."""
    ends_at = starts_at + (booking.ends_at - booking.starts_at)
    rows = await executor.fetch(_SQL["occupants"], booking.doctor_id, booking.id, starts_at, ends_at)
    return [mapped(Booking, row) for row in rows]


async def take_over(executor: Executor, version: str, *, even_older: bool) -> None:
    """Notes that zone data of this release plan now, unless newer ones do; `even_older`: even then."""
    await executor.execute(_SQL["take_over"], version, even_older)


async def newest(executor: Executor) -> str | None:
    """The newest zone data that have planned; None before any have."""
    row = await executor.fetchrow(_SQL["newest"])
    return None if row is None else str(row["version"])
