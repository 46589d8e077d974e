"""What an error of ours tells: that there was one, and nothing of how we are made."""

import pytest
from structlog.testing import capture_logs

from shared.database import Database
from shared.process.internal_errors import INTERNAL_ERRORS
from tests.integration.bad_input.test_bodies import who
from tests.integration.security.conftest import Serve
from tests.integration.security.routes import guarded
from tests.integration.security.test_authorisation import with_id
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

LEAKS = (
    "Traceback",
    "asyncpg",
    "relation",
    "SELECT",
    'File "',
    "site-packages",
    "does not exist",
    "appointments_",
    "$1",
)


async def _broken(*_: object) -> None:
    raise KeyError('relation "appointments" does not exist: SELECT $1')


@pytest.mark.parametrize(
    ("ours", "status", "event"), [(True, 500, "request failed"), (False, 503, "database unavailable")]
)
async def test_no_answer_shows_a_trace_or_a_statement_whatever_breaks(
    serve: Serve, database: Database, monkeypatch: pytest.MonkeyPatch, ours: bool, status: int, event: str
) -> None:
    """A fault of ours, or tables that are gone: they may be on their way back."""
    before = INTERNAL_ERRORS.labels("http")._value.get()
    async with serve() as url:
        clients = {
            "client": Client(url, a_token("client-1", "client", email="c@patients.example")),
            "ops": Client(url, a_token("operator", "ops")),
        }
        await clients["client"].book()
        if ours:
            monkeypatch.setattr(Database, "_acquire", _broken)
        else:
            await database.execute("DROP SCHEMA public CASCADE")
        broken = 0
        with capture_logs() as logged:
            for route in guarded(method="GET"):
                if "stream" in route.path:
                    continue  # begins before it reads
                answer = await clients[who(route)](
                    "GET", with_id(route.path, "01900000-0000-7000-8000-000000000000"), query={"date": "2100-01-04"}
                )
                broken += answer.status == status
                if answer.status != 200:  # the figures of a moment ago may still be shown
                    assert answer.headers["Content-Type"] == "application/problem+json", route
                assert not [leak for leak in LEAKS if leak in f"{answer.body}{dict(answer.headers)}"], route
            answer = await clients["client"]("POST", "/api/client/appointments", a_wish())
        assert answer.status == status
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert broken >= 8
        assert len([entry for entry in logged if entry["event"] == event]) == broken + 1
    assert INTERNAL_ERRORS.labels("http")._value.get() - before == (broken + 1 if ours else 0)
