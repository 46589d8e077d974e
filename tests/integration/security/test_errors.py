"""What an error of ours tells: that there was one, and nothing of how we are made."""

from structlog.testing import capture_logs

from shared.database import Database
from tests.integration.api.conftest import a_token
from tests.integration.bad_input.test_bodies import who
from tests.integration.security.conftest import Serve
from tests.integration.security.routes import guarded
from tests.integration.security.test_authorisation import with_id
from tests.support.client import Client, a_wish

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


async def test_no_answer_shows_a_trace_or_a_statement_whatever_breaks(serve: Serve, database: Database) -> None:
    async with serve() as url:
        clients = {
            "client": Client(url, a_token("client-1", "client", email="c@patients.example")),
            "ops": Client(url, a_token("operator", "ops")),
        }
        await clients["client"].book()
        await database.execute("DROP SCHEMA public CASCADE")
        broken = 0
        with capture_logs() as logged:
            for route in guarded(method="GET"):
                if "stream" in route.path:
                    continue  # begins before it reads
                answer = await clients[who(route)](
                    "GET", with_id(route.path, "01900000-0000-7000-8000-000000000000"), query={"date": "2100-01-04"}
                )
                broken += answer.status == 500
                assert answer.headers["Content-Type"] == "application/problem+json", route
                assert not [leak for leak in LEAKS if leak in f"{answer.body}{dict(answer.headers)}"], route
            answer = await clients["client"]("POST", "/api/client/appointments", a_wish())
        assert (answer.status, answer.body["detail"]) == (500, "Something went wrong here")
        assert broken >= 8
        assert len([entry for entry in logged if entry["event"] == "request failed"]) == broken + 1
