"""Who may call what (OWASP API1, API3, API5), generated over all routes: a new one is tested without being named."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp

from shared.database import Database
from shared.ids import new_id
from tests.integration.security.conftest import Serve
from tests.integration.security.routes import ROLES, Route, guarded, routes
from tests.support import rows
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

OWNER: Final = "owner-of-things"
REASON: Final = "a reason that is nobody else's"
PARAMETER: Final = re.compile(r"\{[^}]*\}")


async def an_appointment(client: Client, database: Database) -> str:
    return str((await client.book(reason=REASON))["id"])


async def a_notification(client: Client, database: Database) -> str:
    booked = await an_appointment(client, database)
    return str(await rows.a_notification(database, booked, client_id=OWNER, body=REASON))


OBJECTS: Final[dict[str, Callable[[Client, Database], Awaitable[str]]]] = {
    "/api/client/appointments/{id}": an_appointment,
    "/api/client/notifications/{id}": a_notification,
}
"""How to make an object of somebody for every kind that clients can name: path up to its id → its id. A route whose
kind is missing here fails the tests below: add one."""
BODIES: Final[dict[str, Any]] = {"PATCH": {"reason": "mine now"}, "PUT": {"reason": "mine now"}, "POST": {}}


def kind_of(route: Route) -> str:
    found = PARAMETER.search(route.path)
    assert found is not None
    kind = route.path[: found.end()]
    assert kind in OBJECTS, f"{route}: say in OBJECTS how to make somebody's object for {kind}"
    return kind


def with_id(path: str, object_id: str) -> str:
    return PARAMETER.sub(object_id, path, count=1)


def an_owner(url: str) -> Client:
    return Client(url, a_token(OWNER, "client", email="owner@patients.example"))


def a_stranger(url: str) -> Client:
    return Client(url, a_token("stranger", "client", email="stranger@patients.example"))


async def test_every_route_asks_for_a_token_or_is_known_to_need_none() -> None:
    forgotten = [str(route) for route in routes() if route.roles is None and not route.is_public]
    assert not forgotten, f"without @require and not in routes.WITHOUT_TOKEN: {forgotten}"


async def test_without_a_token_every_route_answers_401_and_with_another_role_403(serve: Serve) -> None:
    async with serve() as url:
        nobody = Client(url, None)
        for route in guarded():
            path = with_id(route.path, "1")
            answer = await nobody(route.method, path)
            assert answer.status == 401, route
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), route
            if route.roles:
                for role in ROLES - set(route.roles):
                    other = Client(url, a_token("somebody", role))
                    assert (await other(route.method, path)).status == 403, (str(route), role)
                assert (await Client(url, a_token("somebody"))(route.method, path)).status == 403, route
                made_up = Client(url, a_token("somebody", "admin", "OPS", "client "))
                assert (await made_up(route.method, path)).status == 403, route


async def test_what_reads_only_may_not_write(serve: Serve) -> None:
    wrong = [
        str(route)
        for route in guarded(below="/api/ops")
        if route.method not in ("GET", "HEAD") and "ops:read" in (route.roles or ())
    ]
    assert not wrong


async def test_somebody_elses_id_answers_404_on_every_route_and_nothing_changes(
    serve: Serve, database: Database
) -> None:
    named = [route for route in guarded(below="/api/client") if PARAMETER.search(route.path)]
    assert len(named) >= 4
    async with serve() as url:
        owner, stranger = an_owner(url), a_stranger(url)
        for route in named:
            object_id = await OBJECTS[kind_of(route)](owner, database)
            before = await stored(database)
            answer = await stranger(route.method, with_id(route.path, object_id), BODIES.get(route.method))
            assert answer.status == 404, f"{route} gave a stranger {answer.status}: {answer.body}"
            assert REASON not in str(answer.body)
            assert await stored(database) == before, route
            theirs = await owner(route.method, with_id(route.path, object_id), BODIES.get(route.method))
            assert theirs.status < 400, f"{route} refused its owner: {theirs.status} {theirs.body}"


async def stored(database: Database) -> list[Any]:
    rows = await database.fetch("SELECT * FROM appointments ORDER BY id")
    rows += await database.fetch("SELECT * FROM in_app_notifications ORDER BY id")
    rows += await database.fetch("SELECT id, state FROM jobs ORDER BY id")
    return [tuple(row) for row in rows]


async def test_an_id_that_does_not_exist_answers_as_somebody_elses_does(serve: Serve, database: Database) -> None:
    named = [route for route in guarded(below="/api/client") if PARAMETER.search(route.path)]
    async with serve() as url:
        stranger = a_stranger(url)
        for route in named:
            theirs = await OBJECTS[kind_of(route)](an_owner(url), database)
            bodies = []
            for object_id in (theirs, str(new_id())):
                answer = await stranger(route.method, with_id(route.path, object_id), BODIES.get(route.method))
                shown = answer.body if isinstance(answer.body, dict) else {}
                bodies.append({**shown, "instance": ""})
            assert bodies[0] == bodies[1], route


async def test_no_list_or_count_shows_what_is_somebody_elses(serve: Serve, database: Database) -> None:
    async with serve() as url:
        ids = [await make(an_owner(url), database) for make in OBJECTS.values()]
        headers = {"Authorization": f"Bearer {a_token('stranger', 'client')}"}
        for route in guarded(below="/api/client", method="GET"):
            if PARAMETER.search(route.path):
                continue
            text = await beginning(url + route.path, headers)
            assert not [each for each in (*ids, OWNER, REASON, "owner@patients") if each in text], route


async def beginning(url: str, headers: dict[str, str]) -> str:
    """What an answer begins with, also of one that never ends."""
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        try:
            return (
                await answer.content.readexactly(65_536) if "event-stream" not in answer.content_type else b""
            ).decode()
        except EOFError as error:
            return getattr(error, "partial", b"").decode()


async def test_nobody_assigns_what_is_not_theirs_to_assign(serve: Serve, database: Database) -> None:
    async with serve() as url:
        client = an_owner(url)
        sent = {
            "id": str(new_id()),
            "clientId": "stranger",
            "status": "cancelled",
            "version": 99,
            "timezone": "UTC",
            "createdAt": "2020-01-01T00:00:00Z",
            "startsAt": "2020-01-01T00:00:00Z",
            "email": "victim@evil.example",
            "jobs": [{"kind": "appointment_reminder", "state": "succeeded"}],
            "roles": ["ops"],
            "__proto__": {},
        }
        booked = (await client("POST", "/api/client/appointments", a_wish() | sent)).body
        assert (booked["clientId"], booked["status"], booked["timezone"]) == (OWNER, "booked", "Europe/Berlin")
        assert booked["id"] != sent["id"]
        assert [job["state"] for job in booked["jobs"]] == ["scheduled"] * 2

        path = f"/api/client/appointments/{booked['id']}"
        changed = (await client("PATCH", path, sent | {"doctorId": "2", "reason": "new"})).body
        assert {**changed, "reason": 0, "updatedAt": 0} == {**booked, "reason": 0, "updatedAt": 0}

        profile = (await client("PUT", "/api/client/profile", sent | {"name": "Me"})).body
        assert (profile["id"], profile["email"], profile["name"]) == (OWNER, "owner@patients.example", "Me")
        rows = await database.fetch("SELECT id, email, email_source FROM clients")
        assert [tuple(row) for row in rows] == [(OWNER, "owner@patients.example", "token")]

        operator = Client(url, a_token("operator", "ops"))
        written = await operator("PUT", "/api/ops/clients/other", {"id": OWNER, "email": "new@patients.example"})
        assert written.body["id"] == "other"
        doctor = {"id": "1", "name": "B", "timezone": "UTC", "version": 77}
        assert (await operator("PUT", "/api/ops/doctors/2", doctor)).body["id"] == "2"


async def test_methods_that_nobody_needs_are_refused(serve: Serve) -> None:
    async with serve() as url:
        for method in ("TRACE", "CONNECT", "PROPFIND", "GARBAGE"):
            assert (await an_owner(url)(method, "/api/client/appointments")).status in (400, 404, 405), method


async def test_probes_need_no_token_and_metrics_one_where_it_is_set(serve: Serve) -> None:
    async with serve() as url:
        nobody = Client(url, None)
        assert (await nobody("GET", "/livez")).status == 200
        assert (await nobody("GET", "/readyz")).body["status"] == "ok"
        assert "punctual_http_request_duration_seconds" in (await nobody("GET", "/metrics")).body
    async with serve(metrics_token="only for prometheus") as url:
        assert (await Client(url, None)("GET", "/metrics")).status == 401
        assert (await Client(url, "only for Prometheus")("GET", "/metrics")).status == 401
        assert (await Client(url, "only for prometheus")("GET", "/metrics")).status == 200
