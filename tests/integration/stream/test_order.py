"""Notifications whose transactions commit out of order: none is missed, none comes twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from api_service.inbox.stream import event_stream
from api_service.inbox.stream.cursor import MOST_AHEAD, Cursor, begin, step
from api_service.inbox.stream.store import PAGE, StreamPage, StreamQuery, fetch_pages
from shared.database import Database, Session
from tests.integration.stream.conftest import Serve, Teller, a_stream
from tests.support.waiting import eventually


@asynccontextmanager
async def an_open_transaction(database: Database) -> AsyncIterator[Session]:
    """One that has begun, and has its place among others, before anything is written in it."""
    async with database.transaction() as session:
        await session.execute("SELECT pg_current_xact_id()")
        yield session


async def test_what_commits_late_with_an_earlier_time_still_arrives(
    serve: Serve, teller: Teller, database: Database
) -> None:
    async with serve() as url, a_stream(url) as stream:
        async with an_open_transaction(database) as late:
            await teller.tell("late", into=late)
            await teller.tell("first")
            await stream.heard("first")
            between = stream.last_event_id
        await stream.heard("first", "late")
        [first, late_one] = [event.data for event in stream.events if event.name == "notification"]
        assert late_one["createdAt"] < first["createdAt"]

        async with a_stream(url, after=between) as resumed:
            await resumed.heard("late")
        async with a_stream(url, after=stream.last_event_id) as after_both:
            await teller.tell("new")
            await after_both.heard("new")


async def test_what_had_not_committed_when_a_stream_began_arrives_and_the_rest_does_not_come_again(
    serve: Serve, teller: Teller, database: Database
) -> None:
    async with serve() as url, AsyncExitStack() as stack:
        async with an_open_transaction(database) as late:
            await teller.tell("late", into=late)
            await teller.tell("listed before")
            stream = await stack.enter_async_context(a_stream(url))
            assert stream.unread == 1
        await stream.heard("late")
        await teller.tell("new")
        await stream.heard("late", "new")


async def test_while_a_transaction_stays_open_others_are_told_at_once_and_too_many_wait_for_it(
    serve: Serve, teller: Teller, database: Database
) -> None:
    titles = [f"number {number}" for number in range(PAGE + 3)]
    async with serve() as url, a_stream(url) as stream:
        async with an_open_transaction(database):
            await teller.tell(*titles)
            await stream.heard(*titles[:MOST_AHEAD])
            await eventually(lambda: stream.unread == len(titles))
            assert len(stream.last_event_id) < 500
            held = stream.last_event_id
        await stream.heard(*titles)
        async with a_stream(url, after=held) as resumed:
            await resumed.heard(*titles[MOST_AHEAD:])


class Reader:
    """A client at the store: it looks when it likes, and may come back with any id that it has seen."""

    def __init__(self, database: Database, start: Cursor) -> None:
        self._database = database
        self.cursor = start
        self.heard: list[str] = []

    async def look(self, *, cut_off_after: int | None = None) -> None:
        """`cut_off_after`: the client has lost the rest of what was sent, and resumes from what it has."""
        [found] = await fetch_pages(self._database, [StreamQuery("c", self.cursor)])
        taken = step(self.cursor, found.rows)
        for told, cursor in taken.rows[:cut_off_after]:
            self.heard.append(told.notification.title)
            self.cursor = cursor
        if cut_off_after is None:
            self.cursor = taken.cursor
        parsed = Cursor.parse(str(self.cursor))
        assert parsed == self.cursor
        self.cursor = parsed


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_commits_in_whatever_order_every_reader_hears_all_of_it_once(
    database: Database, teller: Teller, seed: int
) -> None:
    chance = random.Random(seed)
    [found] = await fetch_pages(database, [StreamQuery("c", None)])
    readers = [Reader(database, begin(found.horizon, found.rows)) for _ in range(3)]
    written: list[str] = []
    open_ones: list[AsyncExitStack] = []

    async def begin_another() -> None:
        stack = AsyncExitStack()
        session = await stack.enter_async_context(an_open_transaction(database))
        titles = [f"{len(written) + number}" for number in range(chance.randint(1, 3))]
        written.extend(titles)
        await teller.tell(*titles, into=session)
        open_ones.append(stack)

    async def end_one() -> None:
        if open_ones:
            await open_ones.pop(chance.randrange(len(open_ones))).aclose()

    async def look_somewhere() -> None:
        await chance.choice(readers).look(cut_off_after=chance.choice([None, None, 0, 1, 2]))

    for _ in range(60):
        act = chance.choice([begin_another, end_one, look_somewhere, look_somewhere])
        if act is not begin_another or len(open_ones) < 8:
            await act()
    while open_ones:
        await end_one()
        await look_somewhere()
    for reader in readers:
        await reader.look()
        await reader.look()
        assert sorted(reader.heard, key=int) == sorted(set(reader.heard), key=int) == written


async def test_a_database_that_has_lost_its_last_commits_makes_its_streams_begin_anew(
    database: Database, teller: Teller
) -> None:
    async def ask(want: StreamQuery) -> StreamPage:
        [found] = await fetch_pages(database, [want])
        return found

    [found] = await fetch_pages(database, [StreamQuery("c", None)])
    lost = Cursor(found.horizon + 1_000)
    await teller.tell("one")

    start = await event_stream.opening(ask, "c", str(lost))

    assert start.anew
    assert start.cursor.xact <= lost.xact
    assert not step(start.cursor, start.page.rows).rows
    await asyncio.gather(*(teller.tell(str(number)) for number in range(5)))
    again = await event_stream.opening(ask, "c", str(start.cursor))
    assert (again.anew, len(step(again.cursor, again.page.rows).rows)) == (False, 5)
