"""Property: whatever bytes a request is made of, the answer is no 5xx, and no error is logged."""

import asyncio
import logging
from typing import Final
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.integration.security.conftest import Serve, serve
from tests.support.raw_http import raw_connection
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

__all__ = ["serve"]
ANY: Final = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n")) | st.sampled_from(
    [
        b"\xff",
        b"\xed\xa0\x80",
        b"http://[",
        b"//[::1/ops",
        "http://a℀b".encode(),
        b"\x00",
        b"%00",
        b"1e999",
        b"9" * 5_000,
    ]
)
PATHS: Final = (
    *("/ops/sign-in/provider", "/ops/sign-in/callback", "/ops/sign-in/back-channel-logout"),
    *("/ops", "/ops/sign-in", "/ops/jobs", "/ops/failed", "/ops/dead-letters", "/ops/suppressions", "/ops/log"),
    *("/ops/queues", "/ops/search", "/ops/theme", "/ops/suppressions/find", "/ops/confirmations", "/ops/failed/note"),
    *("/api/client/appointments", "/api/client/profile", "/api/client/notifications", "/api/doctors"),
    *("/api/ops/jobs", "/api/ops/dead-letters", "/api/ops/suppressions", "/api/ops/actions", "/api/ops/jobs/requeue"),
    *("/metrics", "/readyz", "/openapi.json", "/docs", "/unsubscribe/x", "/hangfire/x", "/api/doctors/1/slots"),
    *("/a/x", "/a/x/move", "/a/x/cancel", "/a/x/calendar.ics"),
)
NAMES: Final = (
    *("next", "after", "cursor", "limit", "state", "error", "client", "group", "period", "person", "reason", "date"),
    *("from", "to", "status", "q", "address", "theme", "token", "csrf", "note", "id", "action", "said", "unread"),
)
HEADERS: Final = (
    *(b"Cookie", b"Authorization", b"Origin", b"Referer", b"Content-Type", b"X-Request-Id", b"traceparent"),
    *(b"Idempotency-Key", b"If-Match", b"If-None-Match", b"Last-Event-ID", b"X-Forwarded-For", b"X-Forwarded-Proto"),
    *(b"Accept-Encoding", b"Content-Encoding", b"Expect", b"Sec-Fetch-Site", b"Range", b"Upgrade", b"User-Agent"),
)
KINDS: Final = st.sampled_from(
    [
        *(b"application/x-www-form-urlencoded", b"application/json", b"multipart/form-data; boundary=x"),
        *(b"application/x-www-form-urlencoded; charset=nonsense", b"multipart/form-data", b"text/\xff", b"a/b; c=\xff"),
    ]
)
PAIRS: Final = st.lists(st.tuples(st.sampled_from(NAMES), ANY), max_size=5).map(
    lambda pairs: b"&".join(name.encode() + b"=" + quote_from_bytes(value).encode() for name, value in pairs)
)
LINES: Final = st.lists(
    st.tuples(st.sampled_from(HEADERS), ANY).map(lambda line: line[0] + b": " + line[1])
    | KINDS.map(lambda kind: b"Content-Type: " + kind)
    | ANY.map(lambda value: b"Cookie: ops_session=" + value + b"; punctual_stream=" + value + b"; ops_sign_in=" + value)
    | ANY.map(lambda value: b"Authorization: Bearer " + value),
    max_size=5,
)
REQUESTS: Final = st.tuples(
    st.sampled_from([b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS"]),
    st.sampled_from(PATHS).map(str.encode) | ANY.map(lambda raw: b"/" + quote_from_bytes(raw).encode()) | ANY,
    PAIRS,
    LINES,
    st.binary(max_size=200) | PAIRS | st.sampled_from([b'{"name":"\\ud800"}', b"[" * 20_000, b"--x\r\n\r\n"]),
)
Request = tuple[bytes, bytes, bytes, list[bytes], bytes]


@pytest.mark.parametrize("examples", [150, pytest.param(5_000, marks=[pytest.mark.slow, pytest.mark.timeout(1_200)])])
async def test_nothing_that_a_request_holds_is_an_error_of_ours(
    serve: Serve, caplog: pytest.LogCaptureFixture, undisturbed: None, examples: int
) -> None:
    loop = asyncio.get_running_loop()
    quick = {"head_timeout": 0.5, "body_timeout": 0.5, "metrics_token": SecretStr("a token for metrics")}
    with capture_logs() as logged, caplog.at_level(logging.ERROR):
        async with serve(**quick) as url, Visitor.at(url, a_token("operator", "ops")) as visitor:
            doors = await ways_in(url, visitor)

            async def tried(request: Request, door: list[bytes], csrf: bytes) -> None:
                status = await asked(url, request, door, csrf)
                assert status < 500, (status, request)
                assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")], request

            @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(REQUESTS, st.sampled_from(doors))
            def every_request(request: Request, door: tuple[list[bytes], bytes]) -> None:
                asyncio.run_coroutine_threadsafe(tried(request, *door), loop).result()

            await asyncio.to_thread(every_request)
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR and not each.name.startswith("aiormq")]
    assert not errors


async def ways_in(url: str, visitor: Visitor) -> list[tuple[list[bytes], bytes]]:
    """Headers of nobody, of a client, of an operator, of a signed-in browser; and a form's token of the last."""
    cookie = "; ".join(f"{each.key}={each.value}" for each in visitor.session.cookie_jar)
    csrf = (await visitor.get("/ops/log")).csrf
    tokens = [a_token("client-1", "client", email="c@patients.example"), a_token("operator", "ops")]
    bearers = [([b"Authorization: Bearer " + token.encode()], b"") for token in tokens]
    browser = [b"Cookie: " + cookie.encode(), b"Origin: " + url.encode()]
    return [([], b""), *bearers, (browser, f"csrf={csrf}&".encode())]


async def asked(url: str, request: Request, door: list[bytes], csrf: bytes) -> int:
    """The answer's status; 0 where the connection was closed without one."""
    method, path, query, lines, body = request
    content = csrf + body
    kind = [b"Content-Type: application/x-www-form-urlencoded"] if csrf else []
    target = path + (b"?" + query if query else b"")
    host = b"Host: " + url.removeprefix("http://").encode()
    # what is given twice is refused by some servers, and taken first by ours
    head = [method + b" " + target + b" HTTP/1.1", host, *door, *kind, *lines, b"Content-Length: %d" % len(content)]
    async with raw_connection(url) as connection:
        await connection.send(b"\r\n".join(head) + b"\r\n\r\n" + content)
        try:
            async with asyncio.timeout(60):
                status = (await connection.reader.readuntil(b"\r\n")).split(b" ")[1]
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0
    return int(status)
