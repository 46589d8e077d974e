"""Makes rows for tests, each with sensible defaults."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from shared.database import Database
from shared.ids import new_id, new_job_id
from shared.jobs import store as job_store
from shared.jobs.model import Kind, State, Ticket
from shared.jobs.store import ClaimRequest, NewJob
from shared.people import zones
from tests.support.rows import a_client, a_doctor

_places = count()


async def an_appointment(database: Database, *, starts_in: timedelta = timedelta(days=1)) -> UUID:
    """An appointment of client "c" with doctor "1", at a time of its own."""
    await a_client(database)
    await a_doctor(database, name="Ada")
    starts = datetime.now(UTC) + starts_in + timedelta(milliseconds=next(_places))
    local = starts.astimezone(zones.zone("Europe/Berlin"))
    appointment_id = new_id()
    await database.execute(
        """INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone,
                                     starts_at, ends_at)
           VALUES ($1, '1', 'c', $2, $3, 'Europe/Berlin', $4, $4::timestamptz + interval '1 millisecond')""",
        appointment_id,
        local.date(),
        local.time(),
        starts,
    )
    return appointment_id


async def a_job(
    database: Database,
    kind: Kind = Kind.CREATED,
    *,
    appointment_id: UUID | None = None,
    due_in: timedelta | None = None,
    expires_in: timedelta | None = None,
    **columns: Any,
) -> Ticket:
    """A scheduled job, due now unless `due_in` says otherwise; `columns` are set on its row afterwards."""
    now = datetime.now(UTC)
    appointment = appointment_id or await an_appointment(database)
    job = NewJob(
        new_job_id(appointment),
        kind,
        None if due_in is None else now + due_in,
        None if expires_in is None else now + expires_in,
    )
    [(ticket, _)] = await job_store.create(database, [job], appointment_id=appointment, client_id="c")
    for column, value in columns.items():
        await database.execute(f"UPDATE jobs SET {column} = $2 WHERE id = $1", job.id, value)  # noqa: S608 - by tests
    return ticket


async def a_claimed_job(database: Database, *, owner: str = "worker", **options: Any) -> Ticket:
    """A job that `owner` is processing; the ticket is the one it was claimed with."""
    ticket = await a_job(database, **options)
    [claim] = await job_store.claim(database, [a_claim_request(ticket)], owner=owner, lease=30)
    assert claim.verdict == "claimed"
    return ticket


def a_claim_request(ticket: Ticket, *, attempt: int | None = None, address: str | None = None) -> ClaimRequest:
    number = ticket.attempt if attempt is None else attempt
    return ClaimRequest(ticket.job_id, number, new_id(), "Title", "Body", address)


async def the_row(database: Database, job_id: UUID) -> dict[str, Any]:
    row = await database.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)
    assert row is not None
    return dict(row)


async def the_state(database: Database, job_id: UUID) -> State:
    return State((await the_row(database, job_id))["state"])
