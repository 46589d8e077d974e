"""What a client's open stream tells, and when it ends."""

from functools import partial

import aiohttp

from shared.database import Database
from tests.integration.stream.conftest import LIFETIMES, Serve, Teller, a_stream, a_token, ended
from tests.support.client import Client
from tests.support.events import PATH, Listening, bearer, listening, names
from tests.support.waiting import eventually


async def test_a_stream_begins_with_the_unread_count_and_tells_what_is_new(serve: Serve, teller: Teller) -> None:
    await teller.tell("before it was open")
    async with serve() as url, a_stream(url) as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        assert stream.answer.headers["Cache-Control"] == "no-store"
        assert (stream.unread, stream.titles) == (1, [])
        assert stream.retry is not None and 1_000 <= stream.retry <= 5_000

        await teller.tell("one")
        await stream.heard("one")
        await teller.tell("two", "three")
        await stream.heard("one", "two", "three")

        await eventually(lambda: stream.unread == 4)
        listed = (await Client(url, a_token())("GET", "/api/client/notifications")).body["items"]
        told = [event.data for event in stream.events if event.name == "notification"]
        assert told == list(reversed(listed[:3]))


async def test_the_request_id_is_on_a_stream_too(serve: Serve, teller: Teller) -> None:
    async with serve() as url, listening(url, {**bearer(a_token()), "X-Request-Id": "mine"}) as stream:
        assert stream.answer.headers["X-Request-Id"] == "mine"
        assert stream.answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_somebody_elses_notifications_never_appear(serve: Serve, teller: Teller) -> None:
    async with serve() as url, a_stream(url) as mine, a_stream(url, "other") as theirs:
        await teller.tell("theirs", client="other")
        await teller.tell("mine")
        await mine.heard("mine")
        await theirs.heard("theirs")
        await teller.tell("the last", client="other")
        await theirs.heard("theirs", "the last")
        assert (mine.titles, mine.unread) == (["mine"], 1)


async def test_what_is_read_elsewhere_changes_the_count_here(serve: Serve, teller: Teller) -> None:
    await teller.tell("one", "two")
    async with serve() as url, a_stream(url) as stream:
        client = Client(url, a_token())
        [newest, _] = (await client("GET", "/api/client/notifications")).body["items"]
        await client("POST", f"/api/client/notifications/{newest['id']}/read")
        await eventually(lambda: stream.unread == 1)
        await client("POST", "/api/client/notifications/read-all")
        await eventually(lambda: stream.unread == 0)


async def test_a_stream_that_was_cut_off_resumes_without_gap_or_repeat(serve: Serve, teller: Teller) -> None:
    async with serve() as url:
        async with a_stream(url) as stream:
            await teller.tell("one", "two")
            await stream.heard("one", "two")
        many = [f"missed {number}" for number in range(120)]
        await teller.tell(*many)
        first_id = next(event.id for event in stream.events if event.name == "notification")
        async with a_stream(url, after=stream.last_event_id) as resumed, a_stream(url, after=first_id) as earlier:
            await resumed.heard(*many)
            await earlier.heard("two", *many)
        async with a_stream(url, after=resumed.last_event_id) as again:
            await teller.tell("new")
            await again.heard("new")


def begun_anew(stream: Listening) -> bool:
    return list(names(stream.events)) == ["reset", "unread"]


async def test_an_id_that_is_no_place_here_starts_anew_and_says_so(serve: Serve, teller: Teller) -> None:
    await teller.tell("old")
    of_another_database = f"1.{2**40}.{'A' * 22}"
    async with serve() as url:
        for foreign in ("nonsense", of_another_database, "1.5", "ü"):
            async with a_stream(url, after=foreign) as stream:
                await eventually(partial(begun_anew, stream))
        async with a_stream(url, after=stream.last_event_id) as resumed:
            await teller.tell("new")
            await resumed.heard("new")
            assert "reset" not in names(resumed.events)


async def test_a_quiet_stream_shows_that_it_lives(serve: Serve, teller: Teller) -> None:
    async with serve() as url, a_stream(url) as stream:
        await eventually(lambda: stream.comments >= 2)


async def test_a_stream_closes_when_its_token_expires(serve: Serve, teller: Teller) -> None:
    before = ended("expired")
    async with serve(stream_interval=60.0) as url:
        for lifetime in LIFETIMES:
            async with a_stream(url, lifetime=lifetime) as stream:
                if stream.answer.status == 200:
                    await eventually(lambda: stream.ended)
                    break
        assert stream.farewell == "expired"
        await eventually(lambda: ended("expired") == before + 1)
        async with a_stream(url, lifetime=-1.0) as refused:
            assert refused.answer.status == 401


async def test_a_client_has_at_most_so_many_streams_and_those_it_left_do_not_count(
    serve: Serve, teller: Teller
) -> None:
    async with serve(streams_per_client=2, streams_most=3, stream_interval=60.0) as url:
        async with a_stream(url), a_stream(url):
            async with a_stream(url) as third:
                assert third.answer.status == 429
                assert third.answer.headers["Retry-After"]
                assert (await third.answer.json(content_type=None))["type"] == "urn:punctual:problem:streams"
            async with a_stream(url, "other") as theirs, a_stream(url, "other") as fourth:
                assert (theirs.answer.status, fourth.answer.status) == (200, 503)

        async def admitted() -> bool:
            async with a_stream(url) as stream:
                return stream.answer.status == 200

        await eventually(admitted)


async def test_open_streams_end_at_once_when_the_api_stops(serve: Serve, teller: Teller) -> None:
    before = ended("stopping")
    async with serve(stream_interval=60.0) as url:
        opened = a_stream(url)
        stream = await opened.__aenter__()
    await eventually(lambda: stream.ended)
    assert stream.farewell == "stopping"
    assert ended("stopping") == before + 1
    await opened.__aexit__(None, None, None)


async def test_while_the_database_is_away_a_stream_stays_open(
    serve: Serve, teller: Teller, database: Database, database_url: str
) -> None:
    name = database_url.rpartition("/")[2]
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'punctual-api'"
    async with serve() as url, a_stream(url) as stream:
        for _ in range(5):
            await database.execute(kill + f" AND datname = '{name}'")
        await teller.tell("one")
        await stream.heard("one")


async def test_a_stream_is_read_with_get_alone(serve: Serve, teller: Teller) -> None:
    async with serve() as url, aiohttp.ClientSession() as http:
        for method in ("HEAD", "POST"):
            async with http.request(method, url + PATH, headers=bearer(a_token())) as answer:
                assert answer.status == 405
