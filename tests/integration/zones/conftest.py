"""Bookings by one law, and the same zone under another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from api_service.zones import law as laws
from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Ticket
from shared.jobs.store import NewJob
from tests.support.laws import UNTIL_2026, VANCOUVER, Law
from tests.support.rows import a_client, a_doctor

HOUR: Final = timedelta(hours=1)
WINTER: Final = date(datetime.now(UTC).year + 1, 1, 12)
SUMMER: Final = date(datetime.now(UTC).year + 1, 7, 12)


@dataclass(frozen=True)
class Booked:
    id: UUID
    starts_at: datetime
    reminder: Ticket


class Clinic:
    """Books by whatever law is in force, as the API does, with a reminder an hour before."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def book(
        self,
        clock: str,
        day: date = WINTER,
        *,
        timezone: str = VANCOUVER,
        doctor: str = "1",
        minutes: int = 30,
        before: timedelta = HOUR,
    ) -> Booked:
        """Raises Occupied."""
        local = time.fromisoformat(clock)
        starts_at, _ = laws.instant(day, local, timezone)
        appointment_id = new_id()
        await a_client(self.database)
        await a_doctor(self.database, doctor)
        await self.database.execute(
            "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)"
            " VALUES ($1, $2, 'c', $3, $4, $5, $6, $7)",
            appointment_id,
            doctor,
            day,
            local,
            timezone,
            starts_at,
            starts_at + timedelta(minutes=minutes),
        )
        reminder = NewJob(new_id(), Kind.REMINDER, starts_at - before, starts_at)
        created = await job_store.create(self.database, [reminder], appointment_id=appointment_id, client_id="c")
        return Booked(appointment_id, starts_at, created[0][0])

    async def row(self, booked: Booked) -> dict[str, Any]:
        row = await self.database.fetchrow("SELECT * FROM appointments WHERE id = $1", booked.id)
        assert row is not None
        return dict(row)

    async def reminder(self, booked: Booked) -> dict[str, Any]:
        row = await self.database.fetchrow("SELECT * FROM jobs WHERE id = $1", booked.reminder.job_id)
        assert row is not None
        return dict(row)


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return Clinic(database)


@pytest.fixture
def law() -> Iterator[Law]:
    """Vancouver's law of 2025 at first."""
    with pytest.MonkeyPatch.context() as patch:
        now = Law(patch)
        now.becomes({VANCOUVER: UNTIL_2026}, "2025b")
        yield now
    laws._stretches.cache_clear()
