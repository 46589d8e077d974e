"""Which jobs fall due when, and at which pace notifiers may send them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.database import Database
from shared.database.sql_file import statements
from shared.jobs import due, process_heartbeats
from shared.jobs.due import Pace
from shared.jobs.forecast import Promises
from shared.jobs.model import Kind
from shared.jobs.process_heartbeats import EmailRate, ProcessHeartbeat, Role, Vitals
from tests.support.factories import a_job
from tests.support.rows import nobody_falls_silent

HOUR = timedelta(hours=1)
PROMISES = Promises(900, 3600)


async def a_notifier(database: Database, name: str, rate: EmailRate | None) -> ProcessHeartbeat:
    beat = ProcessHeartbeat(database, Role.NOTIFIER, lambda: Vitals(email_rate=rate), process=name)
    await beat.beat()
    return beat


async def the_pace(database: Database) -> Pace:
    return due.pace_of(await process_heartbeats.known(database))


async def test_jobs_that_wait_for_their_time_are_counted_wherever_they_wait(database: Database) -> None:
    soon = datetime.now(UTC) + 5 * HOUR
    for _ in range(3):
        await a_job(database, Kind.REMINDER, due_in=5 * HOUR)
    await a_job(database, Kind.REMINDER, state="enqueued", due_at=soon)
    await a_job(database, state="retrying", due_at=soon)
    await a_job(database, Kind.REMINDER, due_in=50 * HOUR)
    for state in ("succeeded", "failed", "cancelled", "skipped", "processing"):
        await a_job(database, state=state, due_at=soon)

    found = await due.look_ahead(database, PROMISES)

    assert (found.due, found.backlog, found.pace) == (5, 0, None)
    assert sum(hour.due for hour in found.hours if hour.begins <= soon + timedelta(minutes=1)) == 5


async def test_due_jobs_that_have_not_left_are_the_backlog(database: Database) -> None:
    ago = datetime.now(UTC) - HOUR
    await a_job(database, publish_after=ago)
    await a_job(database, state="enqueued", due_at=ago)
    await a_job(database, state="retrying", due_at=ago)

    found = await due.look_ahead(database, PROMISES)

    assert (found.backlog, found.hours[0].due) == (3, 3)


async def test_a_slow_rate_breaks_promises_and_the_forecast_says_so(database: Database) -> None:
    await a_notifier(database, "a:1", EmailRate(0.001, is_shared=True))
    soon = datetime.now(UTC) + 5 * HOUR  # one moment for all: the forecast goes by the minute
    for _ in range(5):
        await a_job(database, Kind.REMINDER, due_at=soon, publish_after=soon)

    found = await due.look_ahead(database, PROMISES)

    # one mail in 1000 s: the first waits 1000 s, the last 5000 s
    assert (found.pace, found.late, found.begun) == (0.001, 5, 2)
    assert 4_990 < found.longest <= 5_000


@pytest.mark.parametrize(
    ("rates", "pace"),
    [
        ([], Pace(None, 0)),
        ([None], Pace(None, 1)),
        ([EmailRate(5, is_shared=False)], Pace(5, 1)),
        ([EmailRate(5, is_shared=False), EmailRate(5, is_shared=False)], Pace(10, 2)),
        ([EmailRate(5, is_shared=True), EmailRate(5, is_shared=True)], Pace(5, 2, is_shared=True)),
        ([EmailRate(5, is_shared=True), EmailRate(2, is_shared=False)], Pace(7, 2)),
        ([EmailRate(5, is_shared=False), None], Pace(None, 2)),  # one of them has no limit
    ],
)
async def test_the_pace_is_that_of_all_notifiers_together(
    database: Database, rates: list[EmailRate | None], pace: Pace
) -> None:
    for number, rate in enumerate(rates):
        await a_notifier(database, f"host:{number}", rate)
    await nobody_falls_silent(database)
    assert await the_pace(database) == pace


async def test_notifiers_that_stop_or_fell_silent_count_only_where_no_other_serves(database: Database) -> None:
    stopping = await a_notifier(database, "stops:1", EmailRate(1, is_shared=False))
    await stopping.stopping()
    await a_notifier(database, "silent:1", EmailRate(2, is_shared=False))
    await database.execute(
        "UPDATE process_heartbeats SET seen_at = now() - interval '1 minute' WHERE process = 'silent:1'"
    )
    assert await the_pace(database) == Pace(3, 2, is_last_known=True)
    await a_notifier(database, "serves:1", EmailRate(7, is_shared=False))
    assert await the_pace(database) == Pace(7, 1)


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Database]:
    """A pool of one connection, so that a setting stays."""
    pool = await Database.connect(database_url, size=1, name="tests")
    yield pool
    await pool.close()


@pytest.mark.parametrize("name", ["by_minute", "now"])
async def test_no_row_is_visited_to_count_what_falls_due(one: Database, name: str) -> None:
    await one.execute("SET enable_seqscan = off")
    statement = statements("shared.jobs.sql", "due.sql")[name]
    values = "now() + interval '48 hours', 1000" if name == "by_minute" else "1000"
    await one.execute(f"PREPARE ahead AS {statement}")
    plan = "\n".join(row[0] for row in await one.fetch(f"EXPLAIN EXECUTE ahead ({values})"))
    assert set(re.findall(r"(\w[\w ]*Scan)(?: Backward)? using (\w+) on jobs", plan)) == {
        ("Index Only Scan", "jobs_to_publish"),
        ("Index Only Scan", "jobs_delayed"),
        ("Index Only Scan", "jobs_retrying"),
    }, plan
