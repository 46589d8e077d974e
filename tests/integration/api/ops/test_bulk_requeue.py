"""Failed jobs that are requeued at once: one path, whichever face an operator uses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs.model import Kind
from tests.integration.api.ops.bulk_faces import ByApi, ByDashboard, Face
from tests.integration.api.ops.failed_jobs import a_failed_job, one_of_each, states
from tests.support.client import Client
from tests.support.factories import the_row
from tests.support.tokens import a_token
from tests.support.visitor import Visitor


@pytest.fixture(params=["api", "dashboard"])
async def face(request: pytest.FixtureRequest, operator: Client, api_url: str) -> AsyncIterator[Face]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as visitor:
        yield ByApi(operator) if request.param == "api" else ByDashboard(visitor)


async def test_what_it_leaves_out_is_counted_by_why_and_stays_failed(face: Face, database: Database) -> None:
    jobs = await one_of_each(database)
    asked = await face.ask(Kind.CREATED)
    assert (asked.matched, asked.excluded) == (6, {why: 1 for why in jobs if why})
    assert set((await states(database)).values()) == {"failed"}

    assert await face.confirm(asked, reason="mended") == 1

    after = await states(database)
    assert [why for why, job in jobs.items() if after[job] == "scheduled"] == [""]
    [action] = await database.fetch(
        "SELECT operator, action, matched, changed, reason, target->'excluded' AS excluded FROM operator_actions"
    )
    assert tuple(action)[:-1] == ("operator", "requeue_many", 6, 1, "mended")
    assert all(f'"{why}": 1' in action["excluded"] for why in jobs if why)


async def test_what_may_have_been_sent_is_requeued_where_the_operator_says_so(face: Face, database: Database) -> None:
    jobs = await one_of_each(database)

    assert await face.confirm(await face.ask(Kind.CREATED), unsure=True) == 2

    after = await states(database)
    assert {why for why, job in jobs.items() if after[job] == "scheduled"} == {"", "possiblySent"}


async def test_what_fails_after_it_was_asked_is_not_in_the_set(face: Face, database: Database) -> None:
    early = await a_failed_job(database, ago=120)
    asked = await face.ask(Kind.CREATED)
    late = await a_failed_job(database, ago=-1)

    assert await face.confirm(asked) == 1

    assert await states(database) == {early: "scheduled", late: "failed"}


async def test_another_kind_is_not_in_the_set(face: Face, database: Database) -> None:
    mail, reminder = await a_failed_job(database), await a_failed_job(database, Kind.REMINDER)

    assert await face.confirm(await face.ask(Kind.REMINDER)) == 1

    assert await states(database) == {mail: "failed", reminder: "scheduled"}


async def test_they_are_paced(face: Face, database: Database) -> None:
    jobs = [await a_failed_job(database) for _ in range(4)]

    await face.confirm(await face.ask(Kind.CREATED), per_second=1)

    due = sorted([(await the_row(database, UUID(job)))["due_at"] for job in jobs])
    assert [round((moment - due[0]).total_seconds()) for moment in due] == [0, 1, 2, 3]
    assert abs((due[0] - datetime.now(UTC)).total_seconds()) < 60


async def test_a_set_is_requeued_once(face: Face, database: Database) -> None:
    job = await a_failed_job(database)
    asked = await face.ask(Kind.CREATED)
    await face.confirm(asked)
    await database.execute("UPDATE jobs SET state = 'failed', finished_at = now() + interval '1 s'")

    await face.confirm(asked)

    assert await states(database) == {job: "failed"}
    assert (await face.ask(Kind.REMINDER)).matched == 0
