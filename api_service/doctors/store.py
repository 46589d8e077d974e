"""Reads and writes doctors (sql/doctors.sql), and caches those of recent bookings."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from api_service.doctors.change_listener import ChangeListener
from api_service.doctors.model import Doctor
from api_service.doctors.schemas import DoctorChangeRequest, DoctorRequest
from api_service.web.pagination import NamePage
from shared.database import Database, Executor, Session
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.errors import Contention

LONGEST_ID: Final = 100
"""Characters of a doctor's id."""
_SQL: Final = statements("api_service.doctors.sql", "doctors.sql")
_REMEMBERED: Final = 10_000
_TRIES: Final = 5
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class BookedTime:
    """An appointment's time."""

    id: UUID
    starts_at: datetime
    ends_at: datetime


async def get(executor: Executor, doctor_id: str) -> Doctor | None:
    row = await executor.fetchrow(_SQL["one"], doctor_id)
    return None if row is None else _doctor(row)


async def named(executor: Executor, ids: Collection[str]) -> dict[str, Doctor]:
    """Those of the doctors that exist, by id."""
    return {row["id"]: _doctor(row) for row in await executor.fetch(_SQL["named"], list(ids))}


async def listed(executor: Executor, page: NamePage) -> list[Doctor]:
    """A page of doctors by name, and one more if there is one."""
    return [_doctor(row) for row in await executor.fetch(_SQL["list"], page.name, page.id, page.limit + 1)]


async def get_to_rely_on(session: Session, doctor_id: str) -> Doctor | None:
    """A doctor whom nobody changes before the caller's transaction ends."""
    row = await session.fetchrow(_SQL["one_to_rely_on"], doctor_id)
    return None if row is None else _doctor(row)


async def put(
    database: Database, doctor_id: str, request: DoctorRequest, listener: ChangeListener
) -> tuple[Doctor, list[str]]:
    """Creates or replaces a doctor. Returns the new doctor, and the fields (by their names on the wire) that the
    request left out and that had a value before. Raises Contention, UnknownZone."""
    return await _insist(lambda: _put(database, doctor_id, request, listener))


async def _put(
    database: Database, doctor_id: str, request: DoctorRequest, listener: ChangeListener
) -> tuple[Doctor, list[str]]:
    async with database.transaction() as session:
        await listener.before_change(session, doctor_id)
        before = await session.fetchrow(_SQL["one_to_change"], doctor_id)
        doctor = await _write(session, doctor_id, request, listener)
    return doctor, [] if before is None else _cleared(_doctor(before), doctor, request)


async def change(
    database: Database, doctor_id: str, request: DoctorChangeRequest, listener: ChangeListener
) -> Doctor | None:
    """Changes the fields that the request names; None where there is no such doctor. Raises Contention, UnknownZone."""
    return await _insist(lambda: _change(database, doctor_id, request, listener))


async def _change(
    database: Database, doctor_id: str, request: DoctorChangeRequest, listener: ChangeListener
) -> Doctor | None:
    async with database.transaction() as session:
        await listener.before_change(session, doctor_id)
        before = await session.fetchrow(_SQL["one_to_change"], doctor_id)
        if before is None:
            return None
        return await _write(session, doctor_id, request.applied_to(_doctor(before)), listener)


async def _insist(act: Callable[[], Awaitable[_Done]]) -> _Done:
    """An offer that is made just now can lock in another order. Raises Contention when the server has given it up
    _TRIES times."""
    for _ in range(_TRIES - 1):
        try:
            return await act()
        except Contention:
            continue
    return await act()


async def _write(session: Session, doctor_id: str, request: DoctorRequest, listener: ChangeListener) -> Doctor:
    [row] = await session.fetch(
        _SQL["put"],
        doctor_id,
        request.name,
        request.specialty,
        request.timezone,
        request.location,
        request.slot_minutes,
        None if request.hours is None else orjson.dumps(request.hours).decode(),
        list(request.days_off),
        request.reminder_offsets,
    )
    doctor = _doctor(row)
    await listener.after_change(session, doctor)
    return doctor


async def booked_from(
    executor: Executor,
    doctor_id: str,
    since: datetime,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    *,
    limit: int,
) -> list[BookedTime]:
    """Booked appointments that touch [since, until), those after a position, in the order of their starts."""
    rows = await executor.fetch(_SQL["booked_from"], doctor_id, since, until, *(after or (None, None)), limit)
    return [mapped(BookedTime, row) for row in rows]


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
    offsets = None if row["reminder_offsets"] is None else tuple(row["reminder_offsets"])
    return mapped(Doctor, row, hours=hours, days_off=tuple(row["days_off"]), reminder_offsets=offsets)


def _cleared(before: Doctor, after: Doctor, request: DoctorRequest) -> list[str]:
    return [
        str(field.alias)
        for name, field in DoctorRequest.model_fields.items()
        if name not in request.model_fields_set and getattr(before, name) != getattr(after, name)
    ]
