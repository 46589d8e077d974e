"""The dashboard's rules that need no server."""

import asyncio
import gc
from datetime import UTC, datetime, timedelta

import pytest

from api_service.ops.core.recent import Recent
from api_service.ops.dashboard.listing import BadFilter, ListCursor, Wanted
from api_service.ops.dashboard.reading import read_again
from shared.ids import new_id
from shared.jobs import envelope
from shared.jobs.model import Kind, Ticket
from tests.support.waiting import all_wait, eventually

NOW = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)


def test_a_url_says_its_filters_and_another_filter_begins_at_the_first_page() -> None:
    wanted = Wanted.parse(
        {"state": "failed", "error": "a b&c", "after": str(ListCursor(NOW, new_id())), "unknown": "x"}
    )
    assert wanted.url() == "/ops/jobs?state=failed&error=a+b%26c"
    assert wanted.url(state="") == "/ops/jobs?error=a+b%26c"
    assert Wanted().url() == "/ops/jobs"
    assert wanted.cursor is not None
    assert ListCursor.parse(str(wanted.cursor)) == wanted.cursor


def test_a_period_lies_behind_what_has_ended_and_ahead_of_what_waits() -> None:
    ended = Wanted.parse({"state": "succeeded", "period": "1h"}).between(NOW)
    waiting = Wanted.parse({"state": "scheduled", "period": "1h"}).between(NOW)
    assert ended[0] == NOW - timedelta(hours=1)
    assert waiting[1] == NOW + timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "%", "bm9uZQ==", "W10=", "WzEsMl0=", "é"])
def test_a_cursor_that_was_not_given_out_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        ListCursor.parse(text)


def test_a_readable_body_is_read_and_a_binary_one_is_dumped() -> None:
    ticket = Ticket(new_id(), 0, Kind.REMINDER, new_id(), NOW)
    assert read_again(envelope.build(ticket).body).ticket == ticket
    binary = read_again(bytes(range(256)) * 17)
    assert binary.ticket is None
    assert binary.dump.endswith("256 bytes more")


class Reader:
    """Counts how often it is read; `gate` holds an answer back."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> int:
        self.reads += 1
        number = self.reads
        await self.gate.wait()
        return number


async def test_viewers_at_once_cost_one_read() -> None:
    recent, reader = Recent(1.0), Reader()
    reader.gate.clear()
    viewers = [asyncio.create_task(recent.get("x", reader)) for _ in range(5)]
    await all_wait(*viewers)
    reader.gate.set()
    assert await asyncio.gather(*viewers) == [1] * 5


async def test_an_older_figure_is_shown_while_the_newer_one_is_read() -> None:
    now = 0.0
    recent, reader = Recent(1.0, grace=5.0, clock=lambda: now), Reader()
    assert await recent.get("x", reader) == 1
    now = 0.5
    assert await recent.get("x", reader) == 1
    now = 2.0
    reader.gate.clear()
    assert [await recent.get("x", reader) for _ in range(3)] == [1, 1, 1]
    reader.gate.set()

    async def renewed() -> bool:
        return await recent.get("x", reader) == 2

    await eventually(renewed)
    now = 60.0
    assert await recent.get("x", reader) == 3
    recent.forget()
    assert await recent.get("x", reader) == 4


async def test_an_answer_that_grows_old_is_read_in_advance_while_others_see_it() -> None:
    now = 0.0
    recent, reader = Recent(1.0, grace=5.0, clock=lambda: now), Reader()
    await recent.refresh("x", reader, at=4.0)
    now = 3.9
    await recent.refresh("x", reader, at=4.0)
    assert reader.reads == 1
    now = 4.0
    reader.gate.clear()
    refreshed = asyncio.create_task(recent.refresh("x", reader, at=4.0))
    await all_wait(refreshed)
    assert await recent.get("x", reader) == 1
    reader.gate.set()
    await refreshed
    assert await recent.get("x", reader) == 2
    assert reader.reads == 2


async def test_reading_in_advance_raises_what_the_reader_raised_and_keeps_the_old_answer() -> None:
    now = 0.0
    recent, reader = Recent(1.0, grace=5.0, clock=lambda: now), Reader()
    assert await recent.get("x", reader) == 1
    now = 4.0

    async def away() -> int:
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        await recent.refresh("x", away, at=4.0)
    assert await recent.get("x", reader) == 1


async def test_a_reading_that_fails_after_its_reader_has_gone_bothers_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """asyncio logs errors that nobody has asked for: a pool is closed while its last reader stops."""
    gc.collect()  # the garbage of earlier tests says its words now
    caplog.clear()
    recent, gate = Recent(1.0), asyncio.Event()

    async def away() -> int:
        await gate.wait()
        raise ValueError("away")

    reader = asyncio.create_task(recent.refresh("x", away, at=4.0))
    await all_wait(reader)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del recent, reader
    gc.collect()
    assert caplog.records == []


async def test_who_is_in_a_hurry_goes_without_and_the_reading_goes_on() -> None:
    recent, reader = Recent(1.0), Reader()
    reader.gate.clear()
    assert await recent.soon("x", reader, within=0.001) is None
    assert await recent.soon("x", reader, within=0.001) is None
    reader.gate.set()
    assert await recent.soon("x", reader, within=10.0) == 1
    assert reader.reads == 1


async def test_an_answer_that_failed_is_not_kept() -> None:
    recent, tries = Recent(60.0), iter(range(2))

    async def read() -> int:
        if next(tries) == 0:
            raise ValueError("away")
        return 7

    with pytest.raises(ValueError, match="away"):
        await recent.get("x", read)
    assert await recent.get("x", read) == 7
