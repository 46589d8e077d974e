"""Reads server-sent events as the WHATWG's HTML standard says (9.2.6), on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from tests.support.waiting import LONGEST, eventually

PATH = "/api/client/notifications/stream"


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Any
    id: str


@dataclass
class Listening:
    """A client's side of a stream. `last_event_id` and `retry` are what a browser would come back with."""

    answer: aiohttp.ClientResponse
    events: list[Event] = field(default_factory=list)
    comments: int = 0
    last_event_id: str = ""
    retry: int | None = None
    ended: bool = False

    @property
    def titles(self) -> list[str]:
        """Of the notifications that came, in their order."""
        return [event.data["title"] for event in self.events if event.name == "notification"]

    @property
    def unread(self) -> int | None:
        """The newest count."""
        counts: list[int] = [event.data["unread"] for event in self.events if event.name == "unread"]
        return counts[-1] if counts else None

    @property
    def farewell(self) -> str | None:
        """Why the server ended it, as it says."""
        reasons: list[str] = [event.data["reason"] for event in self.events if event.name == "end"]
        return reasons[-1] if reasons else None

    async def heard(self, *titles: str, within: float = LONGEST) -> None:
        """Returns once exactly these notifications have come, in this order."""
        await eventually(lambda: self.titles == list(titles) or self._unequal(titles), within=within)

    def _unequal(self, titles: Iterable[str]) -> bool:
        raise AssertionError(f"heard {self.titles}, not {list(titles)}")

    async def read(self) -> None:
        with suppress(aiohttp.ClientError):
            async for block in _blocks(self.answer.content):
                self._take(block)
        self.ended = True

    def _take(self, block: Iterable[tuple[str, str]]) -> None:
        name, data, got_data = "message", "", False
        for key, value in block:
            match key:
                case "":
                    self.comments += 1
                case "event":
                    name = value
                case "data":
                    data, got_data = data + value + "\n", True
                case "id" if "\0" not in value:
                    self.last_event_id = value
                case "retry" if value.isdigit():
                    self.retry = int(value)
        if got_data:
            self.events.append(Event(name, orjson.loads(data.removesuffix("\n")), self.last_event_id))


async def _blocks(content: aiohttp.StreamReader) -> AsyncIterator[list[tuple[str, str]]]:
    """What stands between two empty lines, as (field, value)."""
    block: list[tuple[str, str]] = []
    async for raw in content:
        line = raw.decode().rstrip("\r\n")
        if line:
            key, _, value = line.partition(":")
            block.append((key, value.removeprefix(" ")))
        else:
            yield block
            block = []


@asynccontextmanager
async def listening(
    url: str, headers: Mapping[str, str], *, after: str | None = None, cookies: Mapping[str, str] | None = None
) -> AsyncIterator[Listening]:
    """An open stream for the block, read in the background; what it answers instead where it does not open."""
    resumed = {} if after is None else {"Last-Event-ID": after}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    async with (
        aiohttp.ClientSession(timeout=timeout, cookies=cookies) as http,
        http.get(url + PATH, headers={**headers, **resumed}) as answer,
    ):
        one = Listening(answer)
        reading = asyncio.create_task(one.read(), name="listening")
        try:
            if answer.status == 200:
                await eventually(lambda: one.events or one.ended)
            yield one
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def names(events: Iterable[Event]) -> Iterator[str]:
    return (event.name for event in events)
