"""Reads appointments of all clients, and what was done to them (sql/agenda.sql)."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from api_service.appointments.store import with_jobs
from api_service.staff.history import KeptAct
from api_service.staff.model import Patient, Visit
from api_service.staff.schemas import AgendaQuery
from shared.database import Executor, Session
from shared.database.rows import mapped
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.staff.sql", "agenda.sql")


async def agenda(executor: Executor, query: AgendaQuery) -> list[Visit]:
    """A page, the earliest start first, and one more if there is one."""
    begins, ends = query.interval
    page = query.page
    values = (begins, ends, query.date, query.doctor_id, query.status, query.attended, page.moment, page.id)
    if query.client_id is None:
        rows = await executor.fetch(_SQL["agenda"], *values, page.limit + 1)
    else:
        rows = await executor.fetch(_SQL["agenda_of_client"], *values, page.limit + 1, query.client_id)
    return await _visits(executor, rows)


async def get(executor: Executor, appointment_id: UUID) -> Visit | None:
    """An appointment, whoever's it is."""
    row = await executor.fetchrow(_SQL["one"], appointment_id)
    return None if row is None else (await _visits(executor, [row]))[0]


async def of_ids(executor: Executor, appointment_ids: Sequence[UUID]) -> list[Visit]:
    """These appointments, in no order."""
    return await _visits(executor, await executor.fetch(_SQL["of_ids"], appointment_ids))


async def client(executor: Executor, client_id: str) -> Patient | None:
    row = await executor.fetchrow(_SQL["client"], client_id)
    return None if row is None else _patient(row)


async def record_attendance(session: Session, appointment_id: UUID, *, attended: bool) -> bool:
    """Of an appointment that the caller has locked; False where it was recorded so before."""
    return await session.fetchrow(_SQL["record_attendance"], appointment_id, attended) is not None


async def acts_of(executor: Executor, appointment_id: UUID) -> list[KeptAct]:
    """In the order of time."""
    return [mapped(KeptAct, row) for row in await executor.fetch(_SQL["acts"], appointment_id)]


async def _visits(executor: Executor, rows: Sequence[Any]) -> list[Visit]:
    appointments = await with_jobs(executor, rows)
    return [Visit(each, _patient(row)) for each, row in zip(appointments, rows, strict=True)]


def _patient(row: Any) -> Patient:
    return Patient(**{name: row[f"client_{name}"] for name in Patient.__slots__})
