"""Whatever operators look at reads few rows, however many there are: each statement by an index, to its bound."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from pydantic import SecretStr

from api_service.app import create_app
from api_service.ops.core import causes, durations, job_lists, parked, proposals, stats, suppressions
from api_service.settings import ApiSettings
from shared.database import Database
from shared.jobs import due
from tests.bench import bookings
from tests.bench.history import leave_behind
from tests.bench.operations import add_operations
from tests.bench.operator_views import View, known_ids, views
from tests.support.plans import Asked, noted, read_by
from tests.support.tokens import SECRET, a_token
from tests.support.visitor import Visitor

MANY = 4_000
"""Rows of each kind, and of the busiest client."""
FEW = 3_000
"""Rows that a statement may read: bounds that stand in the SQL add up to less."""
SMALLER = 200
"""In place of the bounds that stand in the code, which are larger than MANY."""
ELSEWHERE = {
    *("/ops/sign-in", "/ops/sign-in/provider", "/ops/sign-in/callback", "/ops/static/{version}/{name}", "/ops/{rest}"),
    "/ops/confirmations/{id}",
    "/ops/kept-form",
    "/ops/agenda/{id}/affected",  # judges every booking ahead of a doctor, in batches: as many as one doctor can see
    "/api/ops/clients/{id}/export",  # everything about one person
    *("/api/ops/doctors/{id}/agenda", "/api/ops/doctors/{id}/notices"),  # one row
}
"""Pages that read no list, that only a confirmation or a sign-in leads to, or that read all of one thing."""


@pytest.fixture
async def many(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (causes, "COUNTED"),
        (due, "MOST"),
        (durations, "SAMPLE"),
        (job_lists, "WINDOW"),
        (parked, "MOST"),
        (proposals, "WINDOW"),
        (stats, "MOST"),
        (suppressions, "WINDOW"),
    ):
        monkeypatch.setattr(module, name, SMALLER)
    monkeypatch.setattr(causes, "LEAST", 5)
    await bookings.add_doctors(database)
    await leave_behind(database_url, MANY)
    await add_operations(database_url, MANY, least=MANY)


@pytest.fixture
async def visitor(many: None, api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


def routes_that_read() -> Iterator[str]:
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
    for route in create_app(settings, on_failure=lambda: None).router.routes():
        path = route.resource.canonical if isinstance(route.resource, web.Resource) else ""
        if route.method == "GET" and path.startswith(("/ops", "/api/ops")):
            yield path


async def ask(visitor: Visitor, view: View, csrf: str) -> list[Asked]:
    with noted() as asked:
        if view.form:
            await visitor.post(view.path, {"csrf": csrf, **view.form}, follow=False)
        else:
            bearer = {"Authorization": f"Bearer {a_token('operator', 'ops')}"}
            assert (await visitor.get(view.path, bearer)).status == 200, view
        await asyncio.sleep(0)
    return asked


async def test_every_statement_of_every_view_reads_few_rows(visitor: Visitor, database: Database) -> None:
    csrf = (await visitor.get("/ops/log")).csrf
    seen, faults = set[str](), []
    for view in views(await known_ids(database)):
        for asked in await ask(visitor, view, csrf):
            if repr(asked) in seen:
                continue
            seen.add(repr(asked))
            read = await read_by(database, asked)
            if read.rows > FEW or read.whole:
                faults.append(f"{view.name}: {read.rows:,} rows, whole: {sorted(read.whole)}: {asked.name}")
    assert len(seen) > 50
    assert not faults, "\n".join(faults)


def test_every_page_and_call_that_reads_is_among_the_views() -> None:
    ids = dict.fromkeys(("job", "failed", "cause", "appointment", "busy_appointment", "letter", "week_ago"), "x")
    assert {view.route for view in views(ids) if not view.form} == set(routes_that_read()) - ELSEWHERE
