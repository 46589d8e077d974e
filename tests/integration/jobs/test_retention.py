"""Appointments, notifications, dead letters and error texts go after their retention, and not before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from notifier_service.consuming.retention import Retained, remove
from shared.database import Database
from shared.ids import first_id_at, new_id
from tests.support.factories import a_job, an_appointment
from tests.support.rows import a_client, a_dead_letter, a_notification

DAY = 86_400.0
YEAR = 365 * DAY


async def removed(database: Database, kept: Retained, seconds: float = YEAR, limit: int = 2) -> int:
    """A whole walk, in small batches."""
    place, total = None, 0
    while True:
        number, place = await remove(database, kept, older_than=seconds, limit=limit, after=place)
        total += number
        if place is None:
            return total


async def ids(database: Database, table: str) -> set[UUID]:
    return {row["id"] for row in await database.fetch(f"SELECT id FROM {table}")}  # noqa: S608


@pytest.mark.parametrize(("days", "goes"), [(-364, False), (-366, True), (-800, True), (0, False), (30, False)])
async def test_an_appointment_goes_when_its_end_is_long_enough_past(database: Database, days: int, goes: bool) -> None:
    one = await an_appointment(database, starts_in=timedelta(days=days))
    await a_notification(database, one, client_id=await a_client(database))
    assert await removed(database, Retained.APPOINTMENTS) == goes
    assert await ids(database, "appointments") == (set() if goes else {one})
    assert len(await ids(database, "in_app_notifications")) == (not goes)


async def test_an_appointment_with_jobs_stays_and_stands_before_no_other(database: Database) -> None:
    with_jobs = [await an_appointment(database, starts_in=timedelta(days=-900 - place)) for place in range(5)]
    for each in with_jobs:
        await a_job(database, appointment_id=each, state="failed", finished_at=datetime.now(UTC))
    for place in range(5):
        await an_appointment(database, starts_in=timedelta(days=-500 - place))
    assert await removed(database, Retained.APPOINTMENTS) == 5
    assert await ids(database, "appointments") == set(with_jobs)


async def a_notification_of(database: Database, appointment: UUID, age: timedelta) -> UUID:
    made = datetime.now(UTC) - age
    row = await a_notification(database, appointment, client_id="c")
    fresh = UUID(int=first_id_at(made).int | new_id().int & 0xFFFF)
    await database.execute("UPDATE in_app_notifications SET id = $2, created_at = $3 WHERE id = $1", row, fresh, made)
    return fresh


async def test_a_notification_goes_after_its_own_age_and_its_appointments(database: Database) -> None:
    past, coming = await an_appointment(database, starts_in=timedelta(days=-60)), await an_appointment(database)
    for days in (40, 50, 60):
        await a_notification_of(database, past, timedelta(days=days))
    kept = {
        await a_notification_of(database, past, timedelta(days=20)),
        *[await a_notification_of(database, coming, timedelta(days=100 + more)) for more in range(4)],
    }
    assert await removed(database, Retained.NOTIFICATIONS, 30 * DAY) == 3
    assert await ids(database, "in_app_notifications") == kept


async def test_dead_letters_go_by_their_age(database: Database) -> None:
    now = datetime.now(UTC)
    kept = await a_dead_letter(database, received_at=now - timedelta(days=364))
    for days in (366, 400, 900):
        await a_dead_letter(database, received_at=now - timedelta(days=days))
    assert await removed(database, Retained.DEAD_LETTERS) == 3
    assert await ids(database, "dead_letters") == {kept}


@pytest.mark.parametrize(
    ("state", "attempted", "starts", "goes"),
    [
        ("succeeded", 100, -100, True),
        ("cancelled", 100, -100, True),
        ("failed", 100, -100, False),  # it waits for a person, with its whole history
        ("succeeded", 80, -100, False),
        ("succeeded", 100, -80, False),
        ("scheduled", 100, 30, False),
    ],
)
async def test_the_text_of_an_error_goes_and_its_attempt_stays(
    database: Database, state: str, attempted: int, starts: int, goes: bool
) -> None:
    then = datetime.now(UTC) - timedelta(days=attempted)
    appointment = await an_appointment(database, starts_in=timedelta(days=starts))
    job = await a_job(database, appointment_id=appointment, state=state)
    await database.execute(
        "INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, outcome, reply_code, error)"
        " VALUES ($1, 1, $2, $2, 'retrying', 450, 'later')",
        *(job.job_id, then),
    )
    assert await removed(database, Retained.ERRORS, 90 * DAY) == goes
    [row] = await database.fetch("SELECT reply_code, error FROM recorded_attempts")
    assert tuple(row) == (450, None if goes else "later")
