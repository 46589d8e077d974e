"""The agenda of a doctor's day is planned once, only for days with appointments, and never for days that are over."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from api_service.agendas.planning import plan
from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.people.zones import zone
from tests.support.clinic_day import zone_by_day
from tests.support.factories import a_claim_request
from tests.support.rows import a_client, a_doctor

TODAY = zone_by_day()
"""The clinic's zone, so that no day ends while tests run."""
BERLIN = "Europe/Berlin"


async def a_wish(database: Database, at: time = time(0, 1), where: str = TODAY) -> None:
    await a_doctor(database, timezone=where)
    await database.execute(
        "INSERT INTO agenda_wishes (doctor_id, email, send_at) VALUES ('1', 'ada@clinic.example', $1)", at
    )


async def a_visit(database: Database, starts: datetime, status: str = "booked", where: str = TODAY) -> UUID:
    local, visit = starts.astimezone(zone(where)), new_id()
    await a_client(database)
    await database.execute(
        "INSERT INTO appointments"
        " (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at, status)"
        " VALUES ($1, '1', 'c', $2, $3, $4, $5, $6, $7)",
        *(visit, local.date(), local.time(), where, starts, starts + timedelta(minutes=1), status),
    )
    return visit


def soon() -> datetime:
    """A moment that is still to come, on today's day of the clinic."""
    return datetime.now(UTC) + timedelta(seconds=40)


async def planned(database: Database) -> list[tuple[date, str]]:
    rows = await database.fetch("SELECT g.day, j.state FROM agendas g JOIN jobs j ON j.id = g.job_id ORDER BY g.day")
    return [tuple(row) for row in rows]


async def test_one_agenda_is_planned_whoever_looks_and_however_often(database: Database) -> None:
    moment = soon()
    await a_wish(database)
    first = await a_visit(database, moment)
    await a_visit(database, moment + timedelta(minutes=2))

    made = await asyncio.gather(*(plan(database, moment - timedelta(seconds=30)) for _ in range(5)))
    await plan(database, moment - timedelta(seconds=20))

    assert sum(made) == 1
    [job] = await database.fetch("SELECT kind, priority, state, appointment_id, revision FROM jobs")
    assert tuple(job) == ("doctor_agenda_email", "normal", "scheduled", first, None)


@pytest.mark.parametrize("status", ["cancelled", None])
async def test_a_day_without_appointments_has_none(database: Database, status: str | None) -> None:
    await a_wish(database)
    if status is not None:
        await a_visit(database, soon(), status)
    assert await plan(database, datetime.now(UTC)) == 0
    assert await planned(database) == []


async def test_a_doctor_who_wants_none_has_none(database: Database) -> None:
    await a_doctor(database)
    await a_visit(database, soon())
    assert await plan(database, datetime.now(UTC)) == 0


async def test_an_outage_of_days_makes_no_old_agendas(database: Database) -> None:
    await a_wish(database)
    now = datetime.now(UTC)
    for days in range(1, 6):
        await a_visit(database, now - timedelta(days=days))
    moment = soon()
    await a_visit(database, moment)
    assert await plan(database, now) == 1
    assert [day for day, _ in await planned(database)] == [moment.astimezone(zone(TODAY)).date()]


async def test_it_is_planned_an_hour_ahead_and_due_at_its_time(database: Database) -> None:
    """On a day far ahead, which only the clock that is given knows."""
    await a_wish(database, time(7), BERLIN)
    day = datetime(2090, 6, 1, 8, tzinfo=UTC)
    await a_visit(database, day, where=BERLIN)
    assert await plan(database, datetime(2090, 6, 1, 3, 59, tzinfo=UTC)) == 0
    assert await plan(database, datetime(2090, 6, 1, 4, 1, tzinfo=UTC)) == 1
    [job] = await database.fetch("SELECT due_at, expires_at, publish_after FROM jobs")
    seven = datetime(2090, 6, 1, 5, tzinfo=UTC)
    assert tuple(job) == (seven, datetime(2090, 6, 1, 22, tzinfo=UTC), seven)


async def test_a_late_agenda_tells_of_whoever_was_booked_since(database: Database) -> None:
    """An outage, in which the last appointment of the plan begins."""
    await a_wish(database)
    moment = soon()
    first = await a_visit(database, moment)
    assert await plan(database, moment) == 1
    [ticket] = map(Ticket.from_row, await database.fetch("SELECT * FROM jobs"))
    await a_visit(database, moment + timedelta(minutes=2))
    await database.execute("UPDATE appointments SET starts_at = now() - interval '1 second' WHERE id = $1", first)
    assert await verdict(database, ticket) == "claimed"


async def verdict(database: Database, ticket: Ticket) -> str:
    [answer] = await job_store.claim(database, [a_claim_request(ticket)], owner="w", lease=30)
    return answer.verdict


@pytest.mark.parametrize(("day", "hour"), [(date(2090, 3, 26), 1), (date(2090, 10, 29), 0)])
async def test_a_time_that_is_skipped_or_comes_twice_has_one_agenda(database: Database, day: date, hour: int) -> None:
    await a_wish(database, time(2, 30), BERLIN)
    await a_visit(database, datetime(day.year, day.month, day.day, 9, tzinfo=UTC), where=BERLIN)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    made = [await plan(database, midnight + timedelta(minutes=minutes)) for minutes in range(0, 300, 10)]
    assert sum(made) == 1
    [job] = await database.fetch("SELECT due_at FROM jobs")
    assert job["due_at"] == midnight + timedelta(hours=hour, minutes=0 if hour else 30)
