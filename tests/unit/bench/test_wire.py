"""The load of the benchmarks, and the mail server that it ends at."""

import smtplib
from collections.abc import Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.bench.sink import SinkProcess
from tests.bench.wire import pace, saturate

REQUEST = b"POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def sink() -> Iterator[SinkProcess]:
    process = SinkProcess()
    process.start()
    yield process
    process.stop()


def requests() -> Iterator[bytes]:
    while True:
        yield REQUEST


def server(status: int = 200) -> TestServer:
    number = 0

    async def book(_: web.Request) -> web.Response:
        nonlocal number
        number += 1
        return web.json_response({"jobs": [{"id": f"job-{number}"}]}, status=status)

    app = web.Application()
    app.router.add_post("/", book)
    return TestServer(app)


async def test_a_paced_load_notes_when_each_booking_was_sent_and_answered() -> None:
    async with server() as started:
        answers = await pace([str(started.make_url("/"))], requests(), per_second=100, seconds=0.5)
    assert set(answers.asked) == set(answers.answered) == {f"job-{number}" for number in range(1, 51)}
    assert all(answers.asked[key] <= answers.answered[key] for key in answers.asked)
    assert answers.latency.count == 50


async def test_a_saturating_load_asks_as_often_as_it_may() -> None:
    async with server() as started:
        answers = await saturate([str(started.make_url("/"))], requests(), connections=4, most=50)
    assert len(answers.seconds) == 50
    assert answers.rate > 0


async def test_a_refused_booking_ends_the_load() -> None:
    async with server(status=409) as started:
        with pytest.raises(AssertionError, match="409"):
            await saturate([str(started.make_url("/"))], requests(), connections=1, most=1)


def test_the_sink_counts_mails_their_size_and_those_that_come_twice(sink: SinkProcess) -> None:
    def send(name: str, body: str) -> None:
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            client.sendmail("a@b.example", ["c@d.example"], f"Message-ID: <{name}@x>\r\n\r\n{body}\r\n")

    send("one", "a" * 100)
    send("two", "a" * 300)
    assert (sink.count(), sink.repeats(), set(sink.arrived())) == (2, 0, {"one", "two"})
    assert 200 < sink.mean_size() < 300
    send("two", "again")
    assert (sink.count(), sink.repeats()) == (2, 1)
    sink.clear()
    assert (sink.count(), sink.mean_size()) == (0, 0.0)
