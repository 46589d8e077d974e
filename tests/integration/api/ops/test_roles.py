"""ops:read reads everything and changes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.web import RouteDef

from api_service.ops.api.routes import routes
from shared.database import Database
from tests.support.client import Client
from tests.support.factories import a_job
from tests.support.rows import a_dead_letter, a_report, a_suppression
from tests.support.tokens import a_token

CALLS = [(route.method, route.path) for route in routes if isinstance(route, RouteDef)]
CHANGING = [(method, path) for method, path in CALLS if method != "GET"]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BODIES: dict[str, Any] = {"/api/ops/jobs/requeue": {"state": "failed"}}


async def path_to(path: str, database: Database) -> str:
    """A path of the route that leads to something."""
    job = await a_job(database, state="retrying" if path.endswith("cancel") else "failed", finished_at=LONG_AGO)
    await a_dead_letter(database, letter_id=job.job_id)
    await a_suppression(database, "a@b.example", suppression_id=job.job_id)
    await a_report(database, "gone@b.example", report_id=job.job_id)
    return path.replace("{id}", str(job.job_id)).replace("{name}", "high").replace("{address:[^/]+}", "a@b.example")


@pytest.mark.parametrize("path", [path for method, path in CALLS if method == "GET"])
async def test_every_list_and_detail_is_read_by_a_reader_and_by_no_client(
    reader: Client, client: Client, database: Database, path: str
) -> None:
    there = await path_to(path, database)
    assert (await reader("GET", there)).status == 200
    assert (await client("GET", there)).status == 403


@pytest.mark.parametrize(("method", "path"), CHANGING)
async def test_a_reader_changes_nothing_that_an_operator_may(
    reader: Client, operator: Client, api_url: str, database: Database, method: str, path: str
) -> None:
    there = await path_to(path, database)
    body = BODIES.get(path, {"reason": "tests"})
    both_but_ops = Client(api_url, a_token("somebody", "ops:read", "client"))
    before = await everything(database)

    for asker in (reader, both_but_ops):
        answer = await asker(method, there, body)
        assert answer.status == 403
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert await everything(database) == before

    assert (await operator(method, there, body)).status < 300
    # a resume of what was never paused changes nothing either
    assert (await everything(database) != before) == (not path.endswith("resume"))


async def everything(database: Database) -> list[list[dict[str, Any]]]:
    tables = ("jobs", "queue_pauses", "suppressions", "operator_actions", "dead_letters")
    return [[dict(row) for row in await database.fetch(f"TABLE {table}")] for table in tables]
