"""The reason of an appointment is for its client and the staff. Every other door is tried, also those to come."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.database import Database
from tests.integration.api.conftest import an_api
from tests.integration.api.people.conftest import a_history, the_person
from tests.integration.security.routes import guarded, routes
from tests.support.client import Client, job_of
from tests.support.databases import Databases
from tests.support.personal_data import CLIENT, MARKERS, found_in
from tests.support.rows import a_dead_letter
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

REASONS = {name: MARKERS[name] for name in ("reason", "second_reason")}
THE_PERSONS_COPY = "/api/ops/clients/{id}/export"
"""The one answer to operators that has it: docs/personal-data.md says why."""
WITHOUT_END = ("/api/client/notifications/stream",)
FOR_OPERATORS = sorted(
    {
        route.path
        for route in guarded(method="GET")
        if route.roles is not None
        and (not route.roles or {"ops", "ops:read"} & set(route.roles))
        and route.path not in (THE_PERSONS_COPY, *WITHOUT_END)
    }
)
PAGES = sorted(
    {
        route.path
        for route in routes()
        if route.method == "GET" and route.path.startswith("/ops") and "static" not in route.path
    }
)


async def filled(path: str, history: dict[str, Any], database: Database) -> str:
    """A path of the route that leads to the person."""
    past = history["past"]
    job = job_of(past, "appointment_created_email")
    letter = (await database.fetch("SELECT id FROM dead_letters"))[0][0]
    report = (await database.fetch("SELECT id FROM delivery_reports"))[0][0]
    ids = {
        "appointments/{id}": f"appointments/{past['id']}",
        "clients/{id}": f"clients/{CLIENT}",
        "doctors/{id}": "doctors/1",
        "jobs/{id}": f"jobs/{job}",
        "dead-letters/{id}": f"dead-letters/{letter}",
        "proposals/{id}": f"proposals/{report}",
    }
    for hole, value in ids.items():
        path = path.replace(hole, value)
    return path


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    """One for all tests here, which only read; so are the API on it and the history."""
    async with databases.own() as url:
        pool = await Database.connect(url, size=20, name="tests")
        yield pool
        await pool.close()


@pytest.fixture(scope="module")
async def api_url(database: Database) -> AsyncIterator[str]:
    async with an_api(database) as url:
        yield url


@pytest.fixture(scope="module")
async def history(api_url: str, database: Database) -> dict[str, Any]:
    desk, operator = (Client(api_url, a_token(role, role)) for role in ("staff", "ops"))
    return await a_history(the_person(api_url), desk, operator, database)


@pytest.mark.parametrize("path", FOR_OPERATORS)
async def test_no_answer_to_operators_has_it(
    operator: Client, reader: Client, database: Database, history: dict[str, Any], path: str
) -> None:
    there = await filled(path, history, database)
    for one in (operator, reader):
        answer = await one("GET", there)
        assert found_in([str(answer.body)], REASONS) == set()
        assert "{" not in there or answer.status in (200, 404)


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_of_the_dashboard_has_it(
    api_url: str, database: Database, history: dict[str, Any], path: str
) -> None:
    await a_dead_letter(database)
    async with Visitor.at(api_url, a_token("operator", "ops")) as visitor:
        page = await visitor.get(await filled(path, history, database))
        assert found_in([page.html], REASONS) == set()


async def test_the_client_and_the_staff_read_it(person: Client, desk: Client, history: dict[str, Any]) -> None:
    for one, path in ((person, "/api/client/appointments"), (desk, "/api/staff/appointments")):
        answer = await one("GET", path)
        assert found_in([str(answer.body)], REASONS) == set(REASONS)


async def test_the_tables_cover_the_doors() -> None:
    assert {"/api/staff/appointments", "/api/ops/jobs/{id}", "/api/ops/appointments/{id}/record"} <= set(FOR_OPERATORS)
    assert {"/ops/jobs/{id}", "/ops/appointments/{id}", "/ops/agenda"} <= set(PAGES)
