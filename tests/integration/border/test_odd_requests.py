"""Requests of odd bytes: each is answered as a refusal, none as an error of ours."""

import logging
from typing import Final

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.integration.security.conftest import Serve, serve
from tests.support.raw_http import raw_connection

__all__ = ["serve"]
FORM: Final = b"Content-Type: application/x-www-form-urlencoded"
# method, target, headers, body; the refusals that are right
ODD: Final[dict[str, tuple[bytes, bytes, list[bytes], bytes, tuple[int, ...]]]] = {
    "session cookie": (b"GET", b"/ops/jobs", [b"Cookie: ops_session=\xff\xfe"], b"", (303,)),
    "stream cookie": (b"GET", b"/api/client/notifications/stream", [b"Cookie: punctual_stream=\xff"], b"", (401,)),
    "closing a stream session": (
        b"DELETE",
        b"/api/client/notifications/stream/session",
        [b"Cookie: punctual_stream=\xc3("],
        b"",
        (401,),
    ),
    "bearer token": (b"GET", b"/api/client/appointments", [b"Authorization: Bearer \xff.\xff.\xff"], b"", (401,)),
    "token of metrics": (b"GET", b"/metrics", [b"Authorization: Bearer \xff\xed\xa0\x80"], b"", (401,)),
    "charset of a form": (b"POST", b"/ops/sign-in", [FORM + b"; charset=nonsense"], b"token=x", (401,)),
    "charset that is no text": (b"POST", b"/ops/sign-in", [FORM + b"; charset=hex"], b"token=x", (401,)),
    "form that is no UTF-8": (b"POST", b"/ops/sign-in", [FORM], b"token=\xff&next=%ff%00", (401,)),
    "form with a NUL": (b"POST", b"/ops/sign-in", [FORM], b"token=%00&next=/ops/%00", (401,)),
    "form of many fields": (b"POST", b"/ops/sign-in", [FORM], b"a&" * 2_000, (413,)),
    "no boundary": (b"POST", b"/ops/sign-in", [b"Content-Type: multipart/form-data"], b"x", (415,)),
    "broken boundary": (
        b"POST",
        b"/ops/sign-in",
        [b"Content-Type: multipart/form-data; boundary=\xff"],
        b"--\xff\r\n\r\n",
        (415,),
    ),
    "long boundary": (
        b"POST",
        b"/ops/sign-in",
        [b"Content-Type: multipart/form-data; boundary=" + b"x" * 200],
        b"--x\r\n\r\nx",
        (415,),
    ),
    "origin": (b"POST", b"/ops/sign-in", [b"Origin: http://[", FORM], b"token=x", (403,)),
    "origin of odd letters": (b"POST", b"/ops/sign-in", ["Origin: http://a℀b".encode(), FORM], b"token=x", (403,)),
    "referrer": (b"POST", b"/ops/theme", [b"Referer: http://[::1", FORM], b"theme=dark", (401,)),
    "next page": (b"GET", b"/ops/sign-in?next=//[::1/ops", [], b"", (200,)),
    "next page without an end": (b"GET", b"/ops/sign-in?next=http://[&unchanged=%00", [], b"", (200,)),
    "next page of no UTF-8": (b"GET", b"/ops/sign-in/provider?next=/ops/%ff%00%0d%0a", [], b"", (303, 404)),
    "state that is no text": (
        b"GET",
        b"/ops/sign-in/callback?state=%ff%00&code=\xff",
        [b"Cookie: ops_sign_in=\xff"],
        b"",
        (400, 401, 404),
    ),
    "logout token": (
        b"POST",
        b"/ops/sign-in/back-channel-logout",
        [FORM + b"; charset=\xff"],
        b"logout_token=%ff.\xff",
        (400, 404),
    ),
    "path with a NUL": (b"GET", b"/ops/%00", [], b"", (404,)),
    "path that is no UTF-8": (b"GET", b"/nothing/%ff%fe/\xff", [], b"", (400, 404)),
    "request id": (b"GET", b"/livez", [b"X-Request-Id: \xff\x80"], b"", (200,)),
    "forwarded": (b"GET", b"/ops/sign-in", [b"X-Forwarded-For: \xff, [", b"X-Forwarded-Proto: \xff"], b"", (200,)),
    "etag": (b"GET", b"/openapi.json", [b'If-None-Match: W/"\xff', b"Accept-Encoding: \xff"], b"", (422,)),
    "expectation": (b"POST", b"/ops/sign-in", [b"Expect: \xff", FORM], b"token=x", (417,)),
    "content type": (b"PUT", b"/api/client/profile", [b"Content-Type: \xff/\xff; \xff"], b"{}", (401,)),
    "unsubscribe": (b"POST", b"/unsubscribe/%ff%00.%ff.\xff", [FORM + b"; charset=\xff"], b"\xff", (400, 404)),
    "link": (
        b"POST",
        b"/a/%ff%00.%ff.\xff",
        [FORM + b"; charset=\xff", b"Accept-Language: \xff;q=\xff"],
        b"\xff",
        (400, 404),
    ),
}


async def test_each_is_refused_and_none_is_an_error_of_ours(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    faults = []
    with capture_logs() as logged, caplog.at_level(logging.ERROR):
        async with serve(metrics_token=SecretStr("a token for metrics")) as url:
            for what, (method, target, headers, body, statuses) in ODD.items():
                if method == b"POST" and not any(line.startswith(b"Origin") for line in headers):
                    headers = [*headers, b"Origin: " + url.encode()]
                async with raw_connection(url) as connection:
                    lines = [
                        b"Host: " + url.removeprefix("http://").encode(),
                        *headers,
                        b"Content-Length: %d" % len(body),
                    ]
                    await connection.send(
                        method + b" " + target + b" HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + body
                    )
                    answer = await connection.answer()
                    if answer.status not in statuses:
                        faults.append(f"{what}: {answer.status}, not {statuses}: {answer.body}")
    assert not faults, "\n".join(faults)
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR and not each.name.startswith("aiormq")]
    assert not errors
