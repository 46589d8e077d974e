"""ops:read reads everything and changes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.web import RouteDef

from api_service.ops.api.routes import routes
from shared.database import Database
from tests.support.client import Client
from tests.support.factories import a_job, an_appointment
from tests.support.rows import a_dead_letter, a_report, a_suppression
from tests.support.tokens import a_token

CALLS = [(route.method, route.path) for route in routes if isinstance(route, RouteDef)]
WHOLE = "/api/ops/clients/{id}/export"
"""The one answer that has the reasons of appointments: it is for operators who may also change something."""
CHANGING = [(method, path) for method, path in CALLS if method != "GET"]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def body_of(path: str, job_id: str) -> Any:
    """A body with which the route changes something."""
    bodies: dict[str, Any] = {
        "/api/ops/jobs/requeue": {"state": "failed"},
        "/api/ops/jobs/cancel": {"state": "retrying"},
        "/api/ops/deliveries": {"jobId": job_id, "event": "returned", "status": "5.1.1"},
        "/api/ops/deliveries/{provider}": [{"event": "bounce", "smtp-id": f"<{job_id}@clinic.example>"}],
    }
    return bodies.get(path, {"reason": "tests"})


async def path_to(path: str, database: Database) -> tuple[str, str]:
    """A path of the route that leads to something, and the id of the job there."""
    appointment = await an_appointment(database)
    state = "retrying" if path.endswith("cancel") else "failed"
    job = await a_job(database, appointment_id=appointment, state=state, attempt=1, finished_at=LONG_AGO)
    await a_dead_letter(database, letter_id=job.job_id)
    await a_suppression(database, "a@b.example", suppression_id=job.job_id)
    await a_report(database, "gone@b.example", report_id=job.job_id)
    await database.execute("INSERT INTO doctor_feeds (doctor_id, key_hash, made_by) VALUES ('1', '', 'o')")
    ids = {
        "appointments/{id}": f"appointments/{appointment}",
        "clients/{id}": "clients/c",
        "doctors/{id}": "doctors/1",
        "{id}": str(job.job_id),
    }
    names = {"{name}": "high", "{address:[^/]+}": "a@b.example", "{provider}": "sendgrid"}
    for hole, value in (ids | names).items():
        path = path.replace(hole, value)
    return path, str(job.job_id)


@pytest.mark.parametrize("path", [path for method, path in CALLS if method == "GET" and path != WHOLE])
async def test_every_list_and_detail_is_read_by_a_reader_and_by_no_client(
    reader: Client, client: Client, database: Database, path: str
) -> None:
    there, _ = await path_to(path, database)
    assert (await reader("GET", there)).status == 200
    assert (await client("GET", there)).status == 403


@pytest.mark.parametrize(("method", "path"), CHANGING)
async def test_a_reader_changes_nothing_that_an_operator_may(
    reader: Client, operator: Client, api_url: str, database: Database, method: str, path: str
) -> None:
    there, job_id = await path_to(path, database)
    body = body_of(path, job_id)
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
    tables = ("jobs", "queue_pauses", "suppressions", "operator_actions", "dead_letters", "delivery_reports")
    return [[dict(row) for row in await database.fetch(f"TABLE {table}")] for table in tables]
