"""Headers that every client call owes, over all routes that there are."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from deploy.local.postgres import Postgres
from shared.database import Database
from tests.drills.proxy import Proxy, proxy
from tests.support.client import Answer, Client, a_wish
from tests.support.rows import a_notification
from tests.support.tokens import SECRET, a_token

PARTS = ("/api/client/", "/api/doctors")
WITHOUT_DATABASE = {"/api/client/notifications/stream/session"}  # a cookie, made and taken back
WITH_A_KEY_OF_ITS_OWN = "/api/doctors/{id}/calendar.ics"  # for calendar programs; its own tests look at its headers
BODIES: dict[tuple[str, str], Any] = {
    ("PUT", "/api/client/profile"): {"name": "Alex"},
    ("PATCH", "/api/client/appointments/{id}"): {"reason": "Other"},
}


def client_calls() -> list[tuple[str, str]]:
    """Method and pattern of every call that a client can make; a stream has no end to wait for."""
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
    app = create_app(settings, on_failure=lambda: None)
    routes = [
        (route.method, route.resource) for route in app.router.routes() if isinstance(route.resource, web.Resource)
    ]
    calls = [(method, resource.canonical) for method, resource in routes if resource.canonical != WITH_A_KEY_OF_ITS_OWN]
    return [(m, path) for m, path in calls if path.startswith(PARTS) and m != "HEAD" and not path.endswith("/stream")]


def is_kept_by_nobody(answer: Answer) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]


async def call(client: Client, method: str, pattern: str, place: str = "1") -> Answer:
    body = a_wish() if (method, pattern) == ("POST", "/api/client/appointments") else BODIES.get((method, pattern))
    query = {"date": "2100-01-04"} if pattern.endswith("/slots") else {}
    return await client(method, pattern.replace("{id}", place), body, query=query)


def test_there_are_calls_to_check() -> None:
    assert len(client_calls()) >= 14


async def test_no_answer_to_a_client_is_stored_by_caches(client: Client, nobody: Client, database: Database) -> None:
    for method, pattern in client_calls():
        booked = (await client.book())["id"]
        place = str(await a_notification(database, booked)) if "notifications" in pattern else booked
        answer = await call(client, method, pattern, "1" if "doctors" in pattern else place)
        assert answer.status < 300, (method, pattern, answer.body)
        is_kept_by_nobody(answer)
        is_kept_by_nobody(await call(nobody, method, pattern))
        is_kept_by_nobody(await call(client, method, pattern, "unknown"))


async def test_what_was_made_says_where_it_is(client: Client) -> None:
    answer = await client("POST", "/api/client/appointments", a_wish())
    found = await client("GET", answer.headers["Location"])
    assert (found.status, found.body) == (200, answer.body)


@pytest.fixture
async def between(postgres: Postgres) -> AsyncIterator[Proxy]:
    async with proxy(postgres.port) as one:
        yield one


async def test_without_the_database_every_call_says_when_to_try_again(
    database: Database, database_url: str, postgres: Postgres, between: Proxy
) -> None:
    url = SecretStr(database_url.replace(str(postgres.port), str(between.port)))
    settings = ApiSettings(
        database_url=url, amqp_url=SecretStr("amqp://nowhere/"), jwt_secret=SecretStr(SECRET), relay_enabled=False
    )
    async with TestServer(create_app(settings, on_failure=lambda: None)) as server:
        client = Client(str(server.make_url("")).rstrip("/"), a_token("client-1", "client", email="c@x.example"))
        between.cut()
        for method, pattern in client_calls():
            if pattern in WITHOUT_DATABASE:
                continue
            answer = await call(client, method, pattern, str(uuid4()))
            if (method, answer.status) == ("DELETE", 204):
                continue  # without its cookie there is no stream session to be found
            assert answer.status == 503, (method, pattern, answer.body)
            assert int(answer.headers["Retry-After"]) > 0
            is_kept_by_nobody(answer)
        between.mend()
        assert (await client("GET", "/api/client/appointments")).status == 200
