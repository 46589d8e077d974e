"""Connections that send no HTTP, too much of it, or all of it too slowly."""

import asyncio
import gzip
import itertools
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from api_service.web.metrics import SLOW_READERS
from shared.database import Database
from shared.ids import new_id
from tests.integration.security.conftest import Serve
from tests.support.client import Answer, Client, a_wish
from tests.support.raw_http import RawConnection, raw_connection
from tests.support.rows import a_client, a_doctor
from tests.support.tokens import a_token
from tests.support.waiting import eventually, paced

PATH = "/api/client/appointments"
HOST = b"Host: api.example\r\n"
both_ways = pytest.mark.usefixtures("library_internals")
"""Tests without it are of what aiohttp does not document: the plain way lacks it."""


def bearer() -> bytes:
    return f"Authorization: Bearer {a_token('client-1', 'client', email='c@patients.example')}\r\n".encode()


def is_problem(answer: Answer, *statuses: int) -> bool:
    assert answer.status in statuses, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == answer.status
    assert answer.headers["X-Content-Type-Options".title()] == "nosniff"
    assert answer.headers["Server"] == "punctual"
    return True


NO_HTTP: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "text": (b"hello\r\n\r\n", (400,)),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 80, (400,)),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,)),
    "version": (b"GET /livez HTTP/9.9\r\n" + HOST + b"\r\n", (400,)),
    "method with a bracket": (b"GE[T /livez HTTP/1.1\r\n" + HOST + b"\r\n", (400,)),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", (400,)),
    "two hosts": (b"GET /livez HTTP/1.1\r\n" + HOST + HOST + b"\r\n", (400,)),
    "header without a colon": (b"GET /livez HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n", (400,)),
    "header with a space": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X Y: 1\r\n\r\n", (400,)),
    "header with a NUL": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\x00b\r\n\r\n", (400,)),
    "header that is folded": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\r\n b\r\n\r\n", (400,)),
    "length is text": (b"POST /livez HTTP/1.1\r\n" + HOST + b"Content-Length: ten\r\n\r\n", (400,)),
    "length is negative": (b"POST /livez HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", (400,)),
    "two lengths": (b"POST /livez HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", (400,)),
    "length and chunks": (
        b"POST /livez HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        (400,),
    ),
    "unknown coding": (b"POST /livez HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: nonsense\r\n\r\n", (400,)),
    "header too long": (b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 9_000 + b"\r\n\r\n", (431,)),
    "target too long": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", (431,)),
    "too many headers": (
        b"GET /livez HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n",
        (431,),
    ),
}


async def test_what_is_no_http_is_a_problem_too_and_no_error_of_ours(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as url:
        for what, (sent, statuses) in NO_HTTP.items():
            async with raw_connection(url) as connection:
                await connection.send(sent)
                assert is_problem(await connection.answer(), *statuses), what
                assert await connection.closed(), what
        assert (await Client(url, None)("GET", "/livez")).status == 200
    errors = [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert not [record for record in errors if not record.name.startswith("aiormq")]  # this API has no broker


async def test_a_head_that_dribbles_is_cut_off(serve: Serve) -> None:
    async with serve(head_timeout=0.4) as url, raw_connection(url) as silent, raw_connection(url) as dribbling:
        await dribbling.send(b"GET /livez HTTP/1.1\r\n" + HOST)

        async def dribble() -> None:
            async for _ in paced(0.05):
                await dribbling.send(b"X-A: 1\r\n")

        task = asyncio.create_task(dribble())
        try:
            assert is_problem(await dribbling.answer(), 408)
            assert is_problem(await silent.answer(), 408)
            assert await silent.closed()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_head_whose_first_bytes_come_with_the_connection_is_cut_off(serve: Serve) -> None:
    """Sent before this loop, which is the server's too, can accept the connection."""
    async with serve(head_timeout=0.4) as url:
        where = urlsplit(url)
        plugs = [socket.create_connection((where.hostname, where.port)) for _ in range(50)]
        for plug in plugs:
            plug.sendall(b"GET /livez HTTP/1.1\r\n")
            plug.setblocking(False)
        try:
            for plug in plugs:
                reader, writer = await asyncio.open_connection(sock=plug)
                connection = RawConnection(reader, writer)
                assert is_problem(await connection.answer(), 408)
                assert await connection.closed()
                writer.close()
        finally:
            for plug in plugs:
                plug.close()


async def test_a_second_head_that_dribbles_is_cut_off_too(serve: Serve) -> None:
    async with serve(head_timeout=0.4) as url, raw_connection(url) as connection:
        await connection.send(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await connection.answer()).status == 200
        await connection.send(b"GET /li")
        assert is_problem(await connection.answer(), 408)


@both_ways
@pytest.mark.parametrize("framing", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_does_not_come_is_answered_408_and_nothing_is_stored(
    serve: Serve, database: Database, framing: bytes
) -> None:
    async with serve(body_timeout=0.4) as url, raw_connection(url) as connection:
        head = b"POST /api/client/appointments HTTP/1.1\r\nContent-Type: application/json\r\n"
        await connection.send(head + HOST + bearer() + framing + b"\r\n")
        await connection.send(b'{"doctorId"' if b"Length" in framing else b'b\r\n{"doctorId"\r\n')
        answer = await connection.answer()
        assert is_problem(answer, 408)
        assert answer.headers["Connection"] == "close"
    assert not await database.fetch("SELECT FROM appointments")


@both_ways
async def test_a_client_that_goes_in_the_middle_is_no_error_of_ours(serve: Serve) -> None:
    head = b"POST /api/client/appointments HTTP/1.1\r\nContent-Type: application/json\r\n"
    expects = (b"", b"Expect: 100-continue\r\n")
    framings = (b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n")
    ways = list(itertools.product((False, True), (b"", b"5\r\n{"), framings, expects, range(5)))
    with capture_logs() as logs:
        async with serve() as url:
            for resets, part, framing, expected, _ in ways:
                async with raw_connection(url) as connection:
                    await connection.send(head + HOST + bearer() + framing + expected + b"\r\n" + part)
                    if not resets:
                        connection.writer.write_eof()
                        assert await connection.closed(), (framing, expected, part)
            assert (await Client(url, None)("GET", "/livez")).status == 200
    assert [each for each in logs if each["log_level"] in ("error", "critical")] == []


@both_ways
async def test_a_head_that_does_not_come_whole_ends_its_connection(serve: Serve) -> None:
    async with (
        serve(head_timeout=0.4, keepalive_timeout=0.4) as url,
        raw_connection(url) as silent,
        raw_connection(url) as unfinished,
    ):
        await unfinished.send(b"GET /livez HTTP/1.1\r\n" + HOST)
        assert await silent.closed()
        assert await unfinished.closed()


@both_ways
async def test_an_idle_connection_is_closed(serve: Serve) -> None:
    async with serve(keepalive_timeout=0.3) as url, raw_connection(url) as connection:
        await connection.send(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await connection.answer()).status == 200
        assert await connection.closed()


async def many_appointments(database: Database, reason: str) -> None:
    await a_client(database, "client-1")
    await a_doctor(database)
    await database.execute(
        """INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at,
                                     reason)
           SELECT id, '1', 'client-1', starts_at::date, starts_at::time, 'UTC', starts_at,
                  starts_at + interval '1 minute', $2
             FROM unnest($1::uuid[]) WITH ORDINALITY AS ids (id, n)
            CROSS JOIN LATERAL (SELECT now() + n * interval '1 hour' AS starts_at) AS at""",
        [new_id() for _ in range(200)],
        reason,
    )


async def test_a_reader_that_does_not_read_is_cut_off_and_the_others_are_served(
    serve: Serve, database: Database
) -> None:
    await many_appointments(database, "x" * 400)
    before = SLOW_READERS._value.get()
    async with serve(write_timeout=0.4) as url, raw_connection(url, receive_buffer=4_096) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]  # nobody reads
        request = b"GET /api/client/appointments?limit=200 HTTP/1.1\r\n" + HOST + bearer() + b"\r\n"
        await connection.send(request * 60)

        async def cut_off() -> bool:
            metrics = (await Client(url, None)("GET", "/metrics")).body
            return f"punctual_http_slow_readers_total {before + 1}" in metrics

        await eventually(cut_off)


async def test_beyond_the_most_connections_new_ones_are_told_so(serve: Serve) -> None:
    async with serve(max_connections=2) as url, raw_connection(url) as one, raw_connection(url) as two:
        for connection in (one, two):
            await connection.send(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
            assert (await connection.answer()).status == 200
        async with raw_connection(url) as three:
            answer = await three.answer()
            assert is_problem(answer, 503)
            assert answer.headers["Retry-After"]
            assert await three.closed()


@both_ways
async def test_a_body_beyond_the_limit_is_refused_before_it_has_come(serve: Serve) -> None:
    async with serve(max_body=2_000) as url, raw_connection(url) as connection:
        head = b"POST /api/client/appointments HTTP/1.1\r\nContent-Type: application/json\r\n"
        await connection.send(head + HOST + bearer() + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 4_000)
        assert is_problem(await connection.answer(), 413)


@both_ways
async def test_a_compressed_body_is_bounded_by_what_it_becomes(serve: Serve) -> None:
    async with serve() as url:
        client = Client(url, a_token("client-1", "client", email="c@patients.example"))
        bomb = gzip.compress(b" " * 20_000_000)
        assert len(bomb) < 65_536
        answer = await client("POST", PATH, bomb, headers={"Content-Encoding": "gzip"})
        assert is_problem(Answer(answer.status, dict(answer.headers), answer.body), 413, 400)


@both_ways
async def test_pipelined_requests_are_answered_in_their_order(serve: Serve) -> None:
    async with serve() as url, raw_connection(url) as connection:
        await connection.send(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\nGET /none HTTP/1.1\r\n" + HOST + b"\r\n")
        assert [(await connection.answer()).status for _ in range(2)] == [200, 404]


@both_ways
async def test_slow_ones_do_not_hinder_a_booking(serve: Serve) -> None:
    async with serve() as url:
        slow: list[Any] = [raw_connection(url) for _ in range(100)]
        opened = [await each.__aenter__() for each in slow]
        for connection in opened:
            await connection.send(b"POST /api/client/appointments HTTP/1.1\r\n" + HOST)
        client = Client(url, a_token("client-1", "client", email="c@patients.example"))
        assert (await client("POST", PATH, a_wish())).status == 200
        for each in slow:
            await each.__aexit__(None, None, None)
