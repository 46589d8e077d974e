"""Paths, queries and headers that are wrong; over all routes where they are alike."""

import base64
from typing import Final

import orjson
import pytest

from shared.database import Database
from shared.ids import new_id
from tests.integration.bad_input.table import Wrong, assert_refused
from tests.integration.bad_input.test_bodies import who
from tests.integration.security.conftest import Serve
from tests.integration.security.routes import guarded
from tests.integration.security.test_authorisation import PARAMETER, with_id
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

APPOINTMENTS: Final = "/api/client/appointments"
JOBS: Final = "/api/ops/jobs"
IDS: Final = (
    *("not-an-id", "0", "-1", "%00", "%0a", "%ff", "%20", "%2e%2e", "..%2f..%2fetc%2fpasswd", "1%27%20OR%201=1--"),
    *("x" * 4_000, "0" * 32 + "g", str(new_id()) + "0", "%F0%9F%92%A9", "{id}", "*", "null", "undefined", "%25s%25n"),
)
LISTS: Final = {
    "/api/client/appointments": "client",
    "/api/client/notifications": "client",
    "/api/ops/jobs": "ops",
    "/api/ops/dead-letters": "ops",
}


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).decode()


ID: Final = str(new_id())
CURSORS: Final = (
    *("nonsense", "bnVsbA==", "%%%", "x" * 4_000, "\x00", "W10=", "e30=", "é"),
    *(cursor(), cursor(1, 2), cursor("2027-01-01T00:00:00Z", "x"), cursor("x", ID), cursor(None, ID), cursor([], {})),
    *(cursor("2027-01-01T00:00:00", ID), cursor("2027-01-01T00:00:00Z", ID, 3), cursor("2027-01-01", ID)),
    *(cursor("0001-01-01T00:00:00+14:00", ID), cursor("9999-12-31T23:59:59-14:00", ID)),
)
MOMENTS: Final = (
    *("yesterday", "2027-01-05", "2027-01-05T10:00:00", "2027-02-31T00:00:00Z", "2027-01-05T25:00:00Z", "1735689600"),
    *(
        "2027-01-05T10:00:00+99:00",
        "2027-01-05T10:00:00Z\x00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ),
)


BODY: Final = {"reason": "x", "location": "x"}


async def test_an_id_that_is_none_does_not_exist_on_any_route(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """PUT with such an id would create something: what ids may be is tested below."""
    table = [
        Wrong(
            route.method,
            with_id(route.path, made),
            "N",
            BODY,
            who=who(route),
            statuses=(404,),
        )
        for route in guarded()
        if PARAMETER.search(route.path) and route.method != "PUT" and "{name}" not in route.path
        for made in IDS
        # …/suppressions/proposals/../accept is the path of an address, which can be deleted only
        if not (made == "%2e%2e" and "/proposals/" in route.path)
    ]
    async with serve() as url:
        assert await assert_refused(url, database, table, caplog) >= 150


async def test_ids_that_cannot_be_are_not_created(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = {"/api/ops/doctors/": {"name": "B", "timezone": "UTC"}, "/api/ops/clients/": {"name": "B"}}
    table = [
        Wrong("PUT", path + made, "No such", body, who="ops", statuses=(404,))
        for path, body in bodies.items()
        for made in ("%00", "a%0ab", "%1b", "x" * 201, "%E2%80%AE")
    ]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)


async def test_lists_name_a_wrong_limit_and_cursor(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    limits = ("0", "-1", "201", "1e2", "many", "٣", "1.5", "+5", " 5", "9" * 5_000, "\x00", "0x10")
    table = [
        Wrong("GET", path, "?limit", query={"limit": each}, who=by) for path, by in LISTS.items() for each in limits
    ]
    table += [
        Wrong("GET", path, "?cursor", query={"cursor": each}, who=by) for path, by in LISTS.items() for each in CURSORS
    ]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)


async def test_filters_are_named(serve: Serve, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    table = [
        *(
            Wrong("GET", APPOINTMENTS, "?status", query={"status": each})
            for each in ("lost", "BOOKED", "\x00", "a" * 99)
        ),
        *(Wrong("GET", APPOINTMENTS, "?from", query={"from": each}) for each in MOMENTS),
        *(Wrong("GET", APPOINTMENTS, "?to", query={"to": each}) for each in MOMENTS),
        *(
            Wrong("GET", "/api/client/notifications", "?unread", query={"unread": each})
            for each in ("perhaps", "1", "TRUE", "\x00")
        ),
        *(
            Wrong("GET", "/api/doctors/1/slots", "?date", query={"date": each} if each else {})
            for each in ("", "2027-02-31", "x", "\x00", "10000-01-01", "0000-01-01")
        ),
        *(Wrong("GET", JOBS, "?state", query={"state": each}, who="ops") for each in ("x", "Failed", "failed\x00")),
        *(Wrong("GET", JOBS, "?kind", query={"kind": each}, who="ops") for each in ("x", "' OR 1=1--")),
        *(
            Wrong("GET", JOBS, "?appointmentId", query={"appointmentId": each}, who="ops")
            for each in ("x", "\x00", "1")
        ),
        *(Wrong("GET", JOBS, "?clientId", query={"clientId": each}, who="ops") for each in ("\x00", "x" * 501, "a\nb")),
        *(Wrong("GET", JOBS, "?error", query={"error": each}, who="ops") for each in ("\x00", "x" * 501, "\u202e")),
    ]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)


async def test_a_day_of_the_first_year_has_no_slots(serve: Serve, database: Database) -> None:
    async with serve() as url:
        client = Client(url, a_token("client-1", "client"))
        for day in ("0001-01-01", "9999-12-31"):
            answer = await client("GET", "/api/doctors/1/slots", query={"date": day})
            assert answer.status in (200, 422), answer.body


async def test_unknown_paths_and_methods_are_problems_too(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    paths = ("/api", "/api/", "/API/client/appointments", "/api/client/appointments/", "//", "/%2e%2e/x", "/.env")
    table = [Wrong("GET", path, "Not Found", statuses=(404,)) for path in paths]
    table += [Wrong("PUT", APPOINTMENTS, "Method Not Allowed", {}, statuses=(405,))]
    table += [Wrong(method, "/livez", "Method Not Allowed", statuses=(405,)) for method in ("POST", "DELETE", "PATCH")]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)


async def test_wrong_headers_are_refused_or_ignored(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    authorization = (
        *("Bearer", "Bearer ", "bearer", "Basic dXNlcjpwYXNz", "Bearer a b", "Bearer " + "x" * 8_000, "Token x", "é"),
        *("Bearer null", "Bearer undefined", "Bearer .", "Bearer ..", "Bearer a.b.c", "Bearer a.b.c.d.e"),
    )
    table = [
        Wrong("POST", APPOINTMENTS, "o", a_wish(), headers={"Authorization": each}, who="nobody", statuses=(401,))
        for each in authorization
    ]
    table += [Wrong("POST", APPOINTMENTS, "", b"", headers={"Content-Type": "application/json"}, statuses=(400,))]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)
