"""What operators see of parked mails, and how they slow them down."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role, Vitals
from shared.jobs.store import Finish, Outcome
from tests.support.client import Client
from tests.support.factories import a_claimed_job, an_appointment
from tests.support.rows import a_suppression, nobody_falls_silent
from tests.support.tokens import a_token
from tests.support.visitor import Visitor
from tests.support.waiting import eventually

PARKED = "/api/ops/parked"


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def a_parked_mail(database: Database, kind: Kind = Kind.REMINDER, *, hours: float = 1) -> UUID:
    appointment = await an_appointment(database, starts_in=timedelta(hours=hours))
    ticket = await a_claimed_job(database, kind=kind, appointment_id=appointment)
    parked = Finish(ticket.job_id, 1, Outcome.PARKED, delay=60.0, error="the mail server is away: x", away=True)
    assert await job_store.finish(database, [parked], owner="worker")
    return ticket.job_id


async def test_parked_mails_are_listed_in_the_order_in_which_they_go(reader: Client, database: Database) -> None:
    away = Vitals(mail_server="the mail server is away")
    await ProcessHeartbeat(database, Role.NOTIFIER, lambda: away).beat()
    await nobody_falls_silent(database)
    jobs = {hours: str(await a_parked_mail(database, hours=hours)) for hours in (3.0, 1.0, 2.0)}
    jobs[0.5] = str(await a_parked_mail(database, Kind.CREATED, hours=0.5))

    found = (await reader("GET", PARKED)).body

    assert [each["id"] for each in found["first"]] == [jobs[hours] for hours in sorted(jobs)]
    assert (found["serverAnswers"], found["parked"], found["isAll"]) == (False, 4, True)
    assert (found["queues"], found["going"], found["skipped"]) == ({"high": 1, "normal": 3}, 4, {})


async def test_mails_that_would_be_skipped_say_why(reader: Client, database: Database) -> None:
    begun, moved, cancelled = [await a_parked_mail(database, hours=hours) for hours in (1, 2, 3)]
    await database.execute("UPDATE jobs SET expires_at = now() WHERE id = $1", begun)
    for job_id, change in ((moved, "revision = revision + 1"), (cancelled, "status = 'cancelled'")):
        await database.execute(
            f"UPDATE appointments SET {change} WHERE id = (SELECT appointment_id FROM jobs WHERE id = $1)",  # noqa: S608
            job_id,
        )
    found = (await reader("GET", PARKED)).body
    assert [each["excluded"] for each in found["first"]] == ["begun", "moved", "cancelled"]
    assert (found["going"], found["skipped"]) == (0, {"cancelled": 1, "moved": 1, "begun": 1})

    sent = await a_parked_mail(database, Kind.CREATED, hours=4)
    await database.execute("UPDATE clients SET email_reminders = false")
    reminder = await a_parked_mail(database, hours=5)

    async def are_last(*expected: tuple[str, str | None]) -> bool:
        """The figures may be some seconds old."""
        first = (await reader("GET", PARKED)).body["first"]
        return [(each["id"], each["excluded"]) for each in first[3:]] == list(expected)

    await eventually(lambda: are_last((str(sent), None), (str(reminder), "optedOut")))
    await a_suppression(database, "c@patients.example")
    await eventually(lambda: are_last((str(sent), "suppressed"), (str(reminder), "optedOut")))


async def test_the_pace_is_set_kept_with_its_reason_and_taken_away(operator: Client, reader: Client) -> None:
    asked = {"perSecond": 2.5, "reason": "the provider asked for it"}
    pace = (await operator("PUT", f"{PARKED}/pace", asked)).body["pace"]
    assert (pace["perSecond"], pace["setBy"], pace["reason"]) == (2.5, "operator", "the provider asked for it")
    assert (await reader("GET", PARKED)).body["pace"] == pace
    assert (await operator("PUT", f"{PARKED}/pace", {"perSecond": 5})).body["pace"]["perSecond"] == 5
    assert (await operator("PUT", f"{PARKED}/pace", {"perSecond": None})).body["pace"] is None
    actions = (await reader("GET", "/api/ops/actions?action=release_pace")).body["items"]
    assert [each["target"] for each in actions] == [{"perSecond": None}, {"perSecond": 5}, {"perSecond": 2.5}]
    for wrong in (0, -1, 1e9, "2", True):
        assert (await operator("PUT", f"{PARKED}/pace", {"perSecond": wrong})).status == 422


async def test_the_page_shows_them_and_takes_the_pace(visitor: Visitor, database: Database) -> None:
    assert "No mail is parked." in (await visitor.get("/ops/forecast")).text
    await visitor.submit("/ops/forecast/pace", {"pace": "0.5", "reason": "slowly"})
    await a_parked_mail(database)
    await visitor.submit("/ops/forecast/pace", {"pace": "0.5", "reason": "slowly"})

    page = (await visitor.get("/ops/forecast")).text

    assert "at 0.5 a second at most, by operator" in page
    assert "2.0 s at 0.5/s" in page
    assert "c•••@patients.example" in page
    assert (await visitor.submit("/ops/forecast/pace", {"pace": "fast"})).status == 422
    await visitor.submit("/ops/forecast/pace", {"pace": ""})
    assert "as fast as notifiers take them" in (await visitor.get("/ops/forecast")).text
