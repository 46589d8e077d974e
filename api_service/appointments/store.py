"""Reads and writes appointments (sql/appointments.sql)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from api_service.appointments.model import Act, Appointment, JobSummary, Origin, Status
from api_service.web.pagination import Page
from shared.database import Executor, Occupied, Session
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.ids import new_id, new_job_id
from shared.jobs.model import CHANNELS, CHANNELS_BY_NAME, STATES, Channel, Kind, State, Ticket
from shared.jobs.store import HEAD_START

_SQL: Final = statements("api_service.appointments.sql", "appointments.sql")


class PlannedJob(NamedTuple):
    """A job to be created: due at once, or `seconds_before` the appointment starts. `event_id`: the event of which it
    tells; None: the job's own id names the event."""

    id: UUID
    kind: Kind
    seconds_before: float | None = None
    channel: Channel = Channel.EMAIL
    event_id: UUID | None = None


def planned_for(kind: Kind, appointment_id: UUID, seconds_before: float | None = None) -> Iterator[PlannedJob]:
    """One job for each channel that tells events of this kind. The first job's id names the event."""
    event = new_job_id(appointment_id)
    for place, channel in enumerate(CHANNELS[kind]):
        yield PlannedJob(
            new_job_id(appointment_id) if place else event, kind, seconds_before, channel, event if place else None
        )


class PlannedBooking(NamedTuple):
    """A booking to be made; its rules were checked against `doctor_version`.

    A named tuple, since it is made in a fifth of the time of a frozen dataclass with twenty fields. The columns of
    `book` are its fields in this order.
    """

    id: UUID
    client_id: str
    client_email: str | None
    client_name: str | None
    doctor_id: str
    doctor_version: int
    local_date: date
    local_time: time
    timezone: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    request_id: str
    traceparent: str | None  # None: it is named by the request id (shared/ids.py)
    idempotency_key: str | None
    fingerprint: bytes | None
    jobs: tuple[PlannedJob, ...]
    actor: str | None = None  # of the staff; None: the client
    message: str | None = None  # of the staff to the client


class BookingOutcome(StrEnum):
    BOOKED = "booked"
    TAKEN = "taken"  # another appointment has that time, or a part of it
    DOCTOR_CHANGED = "doctor_changed"  # read the doctor again, check again, try again
    TOO_MANY = "too_many"  # the client has as many future appointments as allowed
    ERASED = "erased"  # the client was erased
    NO_ADDRESS = "no_address"  # neither the token nor an operator has given an address
    ANSWERED = "answered"  # its idempotency key was used before


@dataclass(frozen=True, slots=True)
class Booked:
    """The answer to one booking; with `appointment` and the `tickets` of its jobs due at once, if it was made."""

    outcome: BookingOutcome
    appointment: Appointment | None = None
    tickets: tuple[Ticket, ...] = ()


async def book(
    executor: Executor,
    wishes: Sequence[PlannedBooking],
    *,
    head_start: float = HEAD_START,
    most_ahead: int | None = None,
) -> list[Booked]:
    """Makes all bookings that are possible, in one statement and one transaction. Returns one answer for each, in
    order.

    `head_start`: seconds that the committing process has to publish before a sweep does. `most_ahead`: the largest
    number of future appointments of one client.

    Raises Duplicate when an idempotency key came twice at the same time; then nothing is booked.
    """
    *columns, _, actors, messages = zip(*wishes, strict=True)
    jobs = [(wish.id, job) for wish in wishes for job in wish.jobs]
    rows = await executor.fetch(
        _SQL["book"],
        *columns,
        [job.id for _, job in jobs],
        [appointment_id for appointment_id, _ in jobs],
        [job.kind for _, job in jobs],
        [job.kind.priority for _, job in jobs],
        [job.seconds_before for _, job in jobs],
        head_start,
        most_ahead,
        [job.channel for _, job in jobs],
        [job.event_id for _, job in jobs],
        actors,
        messages,
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row["wanted_id"], []).append(row)
    return [_booked(wish, found[wish.id]) for wish in wishes]


def _booked(wish: PlannedBooking, rows: Sequence[Any]) -> Booked:
    outcome = BookingOutcome(rows[0]["outcome"])
    if outcome is not BookingOutcome.BOOKED:
        return Booked(outcome)
    created_at = rows[0]["created_at"]
    appointment = Appointment(
        id=wish.id,
        doctor_id=wish.doctor_id,
        client_id=wish.client_id,
        local_date=wish.local_date,
        local_time=wish.local_time,
        timezone=wish.timezone,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        status="booked",
        reason=wish.reason,
        version=1,
        created_at=created_at,
        updated_at=created_at,
        jobs=tuple(_summary(row) for row in rows if row["id"] is not None),
    )
    at_once = {job.id for job in wish.jobs if job.seconds_before is None}
    tickets = (Ticket.from_row(row) for row in rows if row["id"] in at_once and row["state"] == State.SCHEDULED)
    return Booked(outcome, appointment, tuple(tickets))


async def get(executor: Executor, appointment_id: UUID, client_id: str) -> Appointment | None:
    """An appointment of the client; None when the client has no such appointment."""
    row = await executor.fetchrow(_SQL["of_client"], appointment_id, client_id)
    return None if row is None else (await with_jobs(executor, [row]))[0]


async def listed(
    executor: Executor,
    client_id: str,
    page: Page,
    *,
    status: Status | None,
    starts_from: datetime | None,
    starts_before: datetime | None,
) -> list[Appointment]:
    """A page of a client's appointments, the latest first, and one more if there is one."""
    rows = await executor.fetch(
        _SQL["list"], client_id, status, starts_from, starts_before, page.moment, page.id, page.limit + 1
    )
    return await with_jobs(executor, rows)


async def lock(session: Session, appointment_id: UUID, client_id: str) -> tuple[Appointment, bool] | None:
    """An appointment of the client, locked until the transaction ends, and whether it has begun."""
    row = await session.fetchrow(_SQL["lock"], appointment_id, client_id)
    return None if row is None else (mapped(Appointment, row, jobs=()), row["begun"])


async def lock_any(session: Session, appointment_id: UUID) -> tuple[Appointment, bool] | None:
    """The same for the staff: an appointment, whoever's it is."""
    row = await session.fetchrow(_SQL["lock_any"], appointment_id)
    return None if row is None else (mapped(Appointment, row, jobs=()), row["begun"])


async def move(session: Session, changed: Appointment) -> bool:
    """Writes the time and reason of a locked appointment, whose version rises by one; False when somebody has that
    time, and then the caller's transaction is over."""
    try:
        await session.execute(
            _SQL["move"],
            changed.id,
            changed.local_date,
            changed.local_time,
            changed.timezone,
            changed.starts_at,
            changed.ends_at,
            changed.reason,
        )
    except Occupied:
        return False
    return True


async def occupant(executor: Executor, doctor_id: str, begin: datetime, end: datetime) -> tuple[UUID, str] | None:
    """The id and the client of the appointment that has a time; None when the time is free again."""
    row = await executor.fetchrow(_SQL["occupant"], doctor_id, begin, end)
    return None if row is None else (row["id"], row["client_id"])


async def cancel(session: Session, appointment_id: UUID) -> None:
    """booked → cancelled for a locked row, in the caller's transaction."""
    await session.execute(_SQL["cancel"], appointment_id)


async def answer_attendance(session: Session, appointment_id: UUID) -> bool:
    """Keeps that the client will come to an appointment that the caller has locked; False where it was kept before."""
    return await session.fetchrow(_SQL["answer_attendance"], appointment_id) is not None


async def note_act(
    session: Session,
    after: Appointment,
    act: Act,
    origin: Origin,
    *,
    request_id: str,
    before: Appointment | None = None,
    event_id: UUID | None = None,
) -> None:
    """Writes what was done into the appointment's history, in the caller's transaction. `after`: the appointment as it
    is then; `before`: as it was before a move. `event_id`: the event that jobs tell of; None: they tell of none."""
    await session.execute(
        _SQL["note_act"],
        event_id or new_id(),
        after.id,
        act,
        origin.via,
        after.version,
        after.starts_at,
        *((None, None) if before is None else (before.starts_at, before.ends_at)),
        request_id,
        origin.actor,
        after.ends_at,
        origin.message,
    )


async def behind_link(executor: Executor, appointment_id: UUID) -> tuple[Appointment, bool, bool] | None:
    """An appointment without its jobs, whoever's it is: for the holder of its link; whether it has begun, and whether
    it has ended."""
    row = await executor.fetchrow(_SQL["behind_link"], appointment_id)
    return None if row is None else (mapped(Appointment, row, jobs=()), row["begun"], row["ended"])


async def with_jobs(executor: Executor, rows: Sequence[Any]) -> list[Appointment]:
    """The appointments of rows, in their order; further columns are ignored."""
    found = await executor.fetch(_SQL["jobs"], [row["id"] for row in rows])
    ordered = sorted(found, key=lambda job: job["appointment_id"])
    jobs = {owner: tuple(map(_summary, each)) for owner, each in groupby(ordered, lambda job: job["appointment_id"])}
    return [mapped(Appointment, row, jobs=jobs.get(row["id"], ())) for row in rows]


def _summary(row: Any) -> JobSummary:
    return JobSummary(row["id"], row["kind"], STATES[row["state"]], row["due_at"], CHANNELS_BY_NAME[row["channel"]])
