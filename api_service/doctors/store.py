"""Reads and writes doctors (sql/doctors.sql), and caches those of recent bookings."""

from collections import OrderedDict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from api_service.doctors.model import Doctor
from api_service.doctors.schemas import DoctorRequest
from api_service.web.pagination import NamePage
from shared.database import Database, Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.doctors.sql", "doctors.sql")
_REMEMBERED: Final = 10_000


async def get(executor: Executor, doctor_id: str) -> Doctor | None:
    row = await executor.fetchrow(_SQL["one"], doctor_id)
    return None if row is None else _doctor(row)


async def listed(executor: Executor, page: NamePage) -> list[Doctor]:
    """A page of doctors by name, and one more if there is one."""
    return [_doctor(row) for row in await executor.fetch(_SQL["list"], page.name, page.id, page.limit + 1)]


async def put(executor: Executor, doctor_id: str, request: DoctorRequest) -> tuple[Doctor, list[str]]:
    """Creates or replaces a doctor. Returns the new doctor, and the fields (by their names on the wire) that the
    request left out and that had a value before."""
    before = await get(executor, doctor_id)
    [row] = await executor.fetch(
        _SQL["put"],
        doctor_id,
        request.name,
        request.specialty,
        request.timezone,
        request.location,
        request.slot_minutes,
        None if request.hours is None else orjson.dumps(request.hours).decode(),
        list(request.days_off),
    )
    doctor = _doctor(row)
    return doctor, [] if before is None else _cleared(before, doctor, request)


async def taken(
    executor: Executor, doctor_id: str, begin: datetime, end: datetime, *, but: UUID | None = None
) -> list[tuple[datetime, datetime]]:
    """The booked times of a doctor that touch the period; without that of the appointment `but`."""
    rows = await executor.fetch(_SQL["taken"], doctor_id, begin, end, but)
    return [(row["starts_at"], row["ends_at"]) for row in rows]


class DoctorCache:
    """A cache of doctors. A booking names the version against which it was checked, and the database refuses an old
    one. So a stale entry costs one repeated attempt at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, Doctor] = OrderedDict()

    async def get(self, doctor_id: str) -> Doctor | None:
        known = self._known.get(doctor_id)
        if known is None:
            known = await get(self._database, doctor_id)
            if known is not None:
                self._known[doctor_id] = known
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return known

    def forget(self, doctor_id: str) -> None:
        self._known.pop(doctor_id, None)


def _doctor(row: Any) -> Doctor:
    hours = None if row["hours"] is None else orjson.loads(row["hours"])
    return mapped(Doctor, row, hours=hours, days_off=tuple(row["days_off"]))


def _cleared(before: Doctor, after: Doctor, request: DoctorRequest) -> list[str]:
    return [
        str(field.alias)
        for name, field in DoctorRequest.model_fields.items()
        if name not in request.model_fields_set and getattr(before, name) != getattr(after, name)
    ]
