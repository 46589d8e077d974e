"""Reads the days of doctors: who comes when, and whether they were told (sql/agenda.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Self
from uuid import UUID

from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.jobs.model import State
from shared.people import zones

_SQL: Final = statements("api_service.ops.core.sql", "agenda.sql")
DOCTORS: Final = 50
"""Doctors on a page."""
VISITS: Final = 100
"""Appointments on a page."""


@dataclass(frozen=True, slots=True)
class AgendaDoctor:
    id: str
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class DoctorDay:
    """How many appointments a doctor has on a day, and the first and last clinic time of those that are booked."""

    id: str
    name: str
    timezone: str
    booked: int
    cancelled: int
    first_time: time | None
    last_time: time | None


@dataclass(frozen=True, slots=True)
class AgendaVisit:
    """An appointment of a day. `mails`: kind and state of its jobs, in the order of their making."""

    id: UUID
    starts_at: datetime
    local_time: time
    status: str
    attendance: str | None
    client_id: str
    email: str | None
    mails: Sequence[tuple[str, State]]

    @classmethod
    def from_row(cls, row: Row) -> Self:
        values = {name: row[name] for name in cls.__slots__ if name != "mails"}
        mails = [(kind, State(state)) for kind, state in zip(row["kinds"] or (), row["states"] or (), strict=True)]
        return cls(**values, mails=mails)


@dataclass(frozen=True, slots=True)
class DoctorsPage:
    """`next`: the doctor that the next page begins with."""

    doctors: Sequence[DoctorDay]
    next: DoctorDay | None


@dataclass(frozen=True, slots=True)
class VisitsPage:
    """`next`: the instant that the next page begins with."""

    visits: Sequence[AgendaVisit]
    next: datetime | None


async def clinic_zones(executor: Executor) -> Sequence[str]:
    """The zones of doctors, the most frequent first, eight at most."""
    return [row["timezone"] for row in await executor.fetch(_SQL["clinic_zones"])]


async def doctors(executor: Executor, day: date, *, name: str = "", doctor_id: str = "") -> DoctorsPage:
    """The doctors from a name (and id) on, in their order, with what the day has."""
    begins, ends = zones.instants_of_day(day)
    rows = await executor.fetch(_SQL["doctors"], begins, ends, day, name, doctor_id, DOCTORS + 1)
    found = [DoctorDay(**row) for row in rows]
    return DoctorsPage(found[:DOCTORS], found[DOCTORS] if len(found) > DOCTORS else None)


async def doctor(executor: Executor, doctor_id: str) -> AgendaDoctor | None:
    row = await executor.fetchrow(_SQL["doctor"], doctor_id)
    return None if row is None else AgendaDoctor(**row)


async def visits(executor: Executor, doctor_id: str, day: date, *, since: datetime | None = None) -> VisitsPage:
    """A doctor's appointments on a day, in the order of time, from an instant on."""
    begins, ends = zones.instants_of_day(day)
    rows = await executor.fetch(_SQL["visits"], max(begins, since or begins), ends, day, doctor_id, VISITS + 1)
    found = [AgendaVisit.from_row(row) for row in rows]
    return VisitsPage(found[:VISITS], found[VISITS].starts_at if len(found) > VISITS else None)
