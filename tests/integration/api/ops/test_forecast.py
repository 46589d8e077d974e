"""The forecast, as operators ask for it and see it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api_service.ops.core import outlook
from api_service.ops.core.outlook import Outlook, SentLately, said
from shared.database import Database, Executor
from shared.jobs import counts as job_counts
from shared.jobs.due import Pace
from shared.jobs.forecast import Minute, Promises, forecast
from shared.jobs.model import Kind
from shared.jobs.process_heartbeats import EmailRate, ProcessHeartbeat, Role, Vitals
from shared.people import zones
from tests.support.client import Client
from tests.support.factories import a_job
from tests.support.rows import nobody_falls_silent
from tests.support.tokens import a_token
from tests.support.visitor import Visitor
from tests.support.waiting import eventually

FORECAST = "/api/ops/forecast"
NOW = datetime(2027, 1, 5, 7, 30, tzinfo=UTC)
EIGHT = datetime(2027, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


@pytest.fixture
async def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that wait for the forecast, as long as a busy machine needs."""
    monkeypatch.setattr(outlook, "LONGEST_WAIT", 10.0)


@pytest.fixture
async def slow_notifier(database: Database) -> None:
    rate = EmailRate(0.002, is_shared=True)
    await ProcessHeartbeat(database, Role.NOTIFIER, lambda: Vitals(email_rate=rate)).beat()
    await nobody_falls_silent(database)


async def reminders_in_five_hours(database: Database, count: int) -> datetime:
    """The hour that they fall into."""
    due = (datetime.now(UTC) + timedelta(hours=5)).replace(minute=30, second=30)  # no hour or minute ends between two
    for _ in range(count):
        await a_job(database, Kind.REMINDER, due_in=due - datetime.now(UTC))
    [row] = await database.fetch("SELECT date_trunc('hour', min(due_at), 'UTC') AS hour FROM jobs")
    return datetime.fromisoformat(str(row["hour"]))


async def test_nothing_due_is_said_so(reader: Client) -> None:
    found = (await reader("GET", FORECAST)).body
    assert found["sentence"] == "No mail is due in the next 48 hours."
    assert found["pace"] == {"perSecond": None, "notifiers": 0, "isShared": False, "isLastKnown": False}
    assert (len(found["hours"]), found["due"], found["busiestMinute"]) == (48, 0, None)


@pytest.mark.usefixtures("slow_notifier")
async def test_hours_are_held_against_the_rate_and_the_bound(reader: Client, database: Database) -> None:
    begins = await reminders_in_five_hours(database, 3)

    found = (await reader("GET", FORECAST)).body

    [hour] = [each for each in found["hours"] if each["due"]]
    assert datetime.fromisoformat(hour["begins"]) == begins
    assert (hour["takesSeconds"], hour["late"], hour["begun"]) == (1500.0, 2, 0)
    assert found["pace"] == {"perSecond": 0.002, "notifiers": 1, "isShared": True, "isLastKnown": False}
    assert "2 of them would leave more than 15 min late." in found["sentence"]


@pytest.mark.usefixtures("slow_notifier", "unhurried")
async def test_the_overview_warns_a_day_before_and_the_page_has_the_hour(visitor: Visitor, database: Database) -> None:
    begins = await reminders_in_five_hours(database, 3)

    overview = (await visitor.get("/ops")).text
    page = (await visitor.get("/ops/forecast")).text

    assert "2 of them would leave more than 15 min late." in overview
    assert f"{begins.astimezone(UTC):%a %H:%M}" in page
    assert "2 late" in page
    assert "shared by 1 notifier" in page
    assert "Nothing is due in the other" in page


@pytest.mark.usefixtures("unhurried")
async def test_without_a_rate_mails_are_counted_and_the_page_says_that_nobody_knows_the_pace(
    visitor: Visitor, database: Database
) -> None:
    await ProcessHeartbeat(database, Role.NOTIFIER, Vitals).beat()
    await nobody_falls_silent(database)
    await reminders_in_five_hours(database, 2)
    page = (await visitor.get("/ops/forecast")).text
    assert "2 mails are due in the next 48 hours." in page
    assert "EMAIL_RATE is not set" in page


async def test_a_page_does_not_wait_for_the_count(
    visitor: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and has the forecast when it is looked at again."""
    may_count, count = asyncio.Event(), outlook.look_ahead

    async def slowly(executor: Executor, promises: Promises) -> Outlook:
        await may_count.wait()
        return await count(executor, promises)

    monkeypatch.setattr(outlook, "look_ahead", slowly)
    assert "The forecast is being counted." in (await visitor.get("/ops")).text
    assert "The mails that fall due are being counted." in (await visitor.get("/ops/forecast")).text
    may_count.set()
    await reminders_in_five_hours(database, 1)

    async def counted() -> bool:
        return "in the next 48 hours." in (await visitor.get("/ops/forecast")).text

    await eventually(counted)


async def test_mails_sent_lately_stand_beside_the_hours_of_the_day_after(database: Database) -> None:
    now = datetime.now(UTC)
    for minutes in (0, 60 * 20, 60 * 20):
        await a_job(database, state="succeeded", finished_at=now - timedelta(minutes=minutes))
    await database.execute("UPDATE job_changes SET at = $1 WHERE state = 'succeeded'", now - timedelta(hours=20))
    await job_counts.roll_up(database, limit=100)

    found = await outlook.look_ahead(database, Promises())

    assert found.sent.busiest is not None
    assert found.sent.busiest[1] == 3
    assert sum(found.sent_a_day_before(hour) or 0 for hour in found.forecast.hours) == 3
    assert found.sent_a_day_before(found.forecast.hours[-1]) is None


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            {"minutes": [Minute(EIGHT, 1900)], "pace": 10},
            "1,900 mails leave in time in the next 48 hours. The most: at 08:00 UTC, 1,900 mails, 3 min at 10/s.",
        ),
        ({"minutes": [Minute(EIGHT, 1)], "pace": 10}, "1 mail leaves in time in the next 48 hours."),
        ({"minutes": [Minute(EIGHT, 1)], "pace": None}, "1 mail is due in the next 48 hours."),
        (
            {"minutes": [Minute(EIGHT, 7)], "pace": None, "backlog": 2},
            "9 mails are due in the next 48 hours. The most: at 08:00 UTC, 7 mails.",
        ),
        (
            {"minutes": [Minute(EIGHT, 1900)], "pace": 1},
            "At 08:00 UTC, 1,900 mails, 31 min at 1/s. 1,000 of them would leave more than 15 min late.",
        ),
        (
            {"minutes": [Minute(EIGHT + timedelta(days=1), 4000)], "pace": 1},
            (
                "At 08:00 UTC on Wednesday, 4,000 mails, 1 h 6 min at 1/s. 3,100 of them would leave more than 15 min"
                " late, 400 only after the visit has begun."
            ),
        ),
        (
            {"minutes": [], "pace": 0.5, "backlog": 600},
            "This hour, 600 mails, 20 min at 0.5/s. 150 of them would leave more than 15 min late.",
        ),
    ],
)
def test_the_sentence_names_the_hour_the_mails_and_the_broken_promise(made: dict[str, Any], sentence: str) -> None:
    assert said(forecast(NOW, promises=Promises(), **made), Promises()) == sentence


def test_the_sentence_reads_in_the_zone_that_is_chosen_and_its_days() -> None:
    late = forecast(NOW, [Minute(NOW.replace(hour=23), 2)], Promises(), pace=None)
    assert "at 23:00 UTC, 2 mails" in said(late, Promises())
    assert "at 00:00 Europe/Berlin on Wednesday, 2 mails" in said(late, Promises(), zones.zone("Europe/Berlin"))


def test_hours_without_mails_are_shown_only_while_others_wait_in_them() -> None:
    full = forecast(NOW, [Minute(EIGHT, 6_000)], Promises(), pace=1)
    found = Outlook(full, Pace(1, 1), Promises(), SentLately({}))
    assert [hour.begins.hour for hour in found.busy_hours] == [8, 9]
