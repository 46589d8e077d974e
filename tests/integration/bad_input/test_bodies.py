"""Bodies that are none, on every route that takes one; generated, so that a new route cannot forget it."""

import gzip
from collections.abc import Iterator
from typing import Any, Final

import pytest

from shared.database import Database
from tests.integration.bad_input.table import Wrong, assert_refused
from tests.integration.security.conftest import Serve
from tests.integration.security.routes import Route, guarded
from tests.integration.security.test_authorisation import PARAMETER
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

WITHOUT_BODY: Final = {
    "POST /api/client/notifications/read-all",
    "POST /api/client/notifications/{id}/read",
    "POST /api/client/notifications/stream/session",
    "POST /api/ops/deliveries/{provider}",  # any JSON, of any kind, as providers send it
}
"""Changing routes that read no body; every other POST, PUT and PATCH is tested below."""
MAY_BE_EMPTY: Final = {
    "POST /api/ops/jobs/{id}/requeue",
    "POST /api/ops/jobs/{id}/cancel",
    "POST /api/ops/jobs/{id}/resend",
    "POST /api/ops/suppressions/proposals/{id}/accept",
    "POST /api/ops/suppressions/proposals/{id}/dismiss",
    "POST /api/ops/queues/{name}/pause",
    "POST /api/ops/queues/{name}/resume",
}
"""Routes that do without a body: an operator may give a reason in one."""
NO_BODY: Final[dict[str, tuple[bytes, tuple[int, ...]]]] = {
    "empty": (b"", (400,)),
    "cut": (b"{", (400,)),
    "cut text": (b'{"a": "', (400,)),
    "two": (b"{}{}", (400,)),
    "trailing comma": (b'{"a": 1,}', (400,)),
    "single quotes": (b"{'a': 1}", (400,)),
    "NaN": (b'{"a": NaN', (400,)),
    "form": (b"a=1&b=2", (400,)),
    "XML": (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", (400,)),
    "not UTF-8": (b"\xff\xfe", (400,)),
    "UTF-16": ("{}".encode("utf-16"), (400,)),
    "lone surrogate": (b'{"a": "\\ud800"}', (400,)),
    "NUL": (b"\x00", (400,)),
    "deep": (b"[" * 50_000, (400,)),
    "null": (b"null", (422,)),
    "list": (b"[]", (422,)),
    "text": (b'"text"', (422,)),
    "number": (b"1e400", (400, 422)),
    "true": (b"true", (422,)),
    "too large": (b'{"a": "' + b"x" * 70_000 + b'"}', (413,)),
}
NEW: Final = "01900000-0000-7000-8000-000000000000"
KINDS: Final = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "a/b/c",
)


def with_body() -> Iterator[Route]:
    for route in guarded():
        if route.method in ("POST", "PUT", "PATCH") and str(route) not in WITHOUT_BODY:
            yield route


async def path_of(route: Route, client: Client) -> str:
    """With an id that exists where only that gets as far as the body."""
    if route.path.startswith(("/api/client/appointments/{id}", "/api/staff/appointments/{id}")):
        return PARAMETER.sub(str((await client.book())["id"]), route.path)
    return filled(route)


def filled(route: Route) -> str:
    """Its path with parameters that are well formed."""
    path = route.path.replace("{address}", "somebody@patients.example")
    for owner in ("jobs", "proposals"):
        path = path.replace(f"/{owner}/{{id}}", f"/{owner}/{NEW}")
    return PARAMETER.sub("1", path.replace("{name}", "high"))


def who(route: Route) -> str:
    """Somebody who may call it."""
    return next((role for role in ("client", "ops", "staff") if role in (route.roles or ("client",))), "nobody")


async def test_what_is_no_body_is_refused_on_every_route(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as url:
        client = Client(url, a_token("client-1", "client", email="client-1@patients.example"))
        table = []
        for route in with_body():
            path = await path_of(route, client)
            table += [
                Wrong(route.method, path, "", body, who=who(route), statuses=statuses)
                for body, statuses in NO_BODY.values()
                if body or str(route) not in MAY_BE_EMPTY
            ]
        assert await assert_refused(url, database, table, caplog) >= 6 * len(NO_BODY)


async def test_another_kind_of_content_is_refused_on_every_route(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as url:
        table = [
            Wrong(
                route.method,
                filled(route) if "appointments/{" not in route.path else route.path.replace("{id}", NEW),
                "Content-Type",
                b"{}",
                headers={"Content-Type": kind},
                who=who(route),
                statuses=(415,),
            )
            for route in with_body()
            for kind in KINDS
        ]
        assert await assert_refused(url, database, table, caplog) >= 6 * len(KINDS)


async def test_a_body_that_cannot_be_unpacked_is_refused(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    packed: list[tuple[str, bytes, int, str]] = [
        ("gzip", b"not gzip", 400, ""),
        ("gzip", gzip.compress(b" " * 10_000_000), 413, ""),
        ("deflate", b"\x00\x01\x02", 400, "not valid HTTP"),
    ]
    async with serve() as url:
        table = [
            Wrong(
                "POST",
                "/api/client/appointments",
                names,
                body,
                headers={"Content-Encoding": coding},
                statuses=(status,),
            )
            for coding, body, status, names in packed
        ]
        await assert_refused(url, database, table, caplog)


async def test_an_empty_object_names_what_is_missing(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    wish: dict[str, Any] = a_wish()
    table = [
        Wrong("POST", "/api/client/appointments", f"/{name}", {k: v for k, v in wish.items() if k != name})
        for name in ("doctorId", "appointmentDate", "appointmentTime")
    ]
    table += [
        Wrong("PUT", "/api/ops/doctors/2", "/name", {"timezone": "UTC"}, who="ops"),
        Wrong("PUT", "/api/ops/doctors/2", "/timezone", {"name": "B"}, who="ops"),
        Wrong("POST", "/api/ops/jobs/requeue", "", {}, who="ops"),
    ]
    async with serve() as url:
        await assert_refused(url, database, table, caplog)
