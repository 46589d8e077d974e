"""One open stream, from its head to its end: reads the table, writes new notifications, waits for news."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiohttp_sse import EventSourceResponse

from api_service.inbox.stream import metrics
from api_service.inbox.stream.connection import ClientConnection
from api_service.inbox.stream.cursor import Cursor, DeliveryStep, begin, step
from api_service.inbox.stream.store import PlacedNotification, StreamPage, StreamQuery
from api_service.web.payloads import json_bytes
from shared.errors import Contention, Unavailable

HELD_PAUSE: Final = 0.05
"""Seconds until the next read while rows wait for an older transaction."""
DATABASE_PAUSE: Final = 1.0


class End(StrEnum):
    """The reason for the end of a stream; closed, since it is a metric's label."""

    GONE = "gone"  # the client hung up
    SLOW = "slow"  # the client did not read in time
    EXPIRED = "expired"  # its token expired
    STOPPING = "stopping"  # this process stops
    FAILED = "failed"  # our bug


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a stream. `anew`: the position from which the client wanted to resume is unknown here."""

    cursor: Cursor
    page: StreamPage
    anew: bool


FetchPage = Callable[[StreamQuery], Awaitable[StreamPage]]


async def opening(fetch_page: FetchPage, client_id: str, last_event_id: str | None) -> Opening:
    """The position to begin at: after the last event that the client has seen, or now. Raises DatabaseUnavailable."""
    cursor = None if last_event_id is None else Cursor.parse(last_event_id)
    page = await fetch_page(StreamQuery(client_id, cursor))
    if cursor is not None and not _of_another_life(cursor, page):
        return Opening(cursor, page, anew=False)
    if cursor is not None:
        page = await fetch_page(StreamQuery(client_id, None))
    return Opening(begin(page.horizon, page.rows), page, anew=last_event_id is not None)


class Stream:
    def __init__(
        self,
        response: EventSourceResponse,
        connection: ClientConnection,
        fetch_page: FetchPage,
        client_id: str,
        *,
        interval: float,
        retry: int,
    ) -> None:
        """Reads the table at least every `interval` seconds. `retry`: milliseconds after which a client that was cut
        off should reconnect."""
        self._response = response
        self._connection = connection
        self._fetch_page = fetch_page
        self._client_id = client_id
        self._interval = interval
        self._retry = retry
        self._unread = -1
        self._deadline = math.inf

    async def run(self, start: Opening, *, expires_in: float) -> End:
        """Runs until the client goes, or must go. Returns the reason."""
        self._deadline = asyncio.get_running_loop().time() + expires_in
        try:
            async with asyncio.timeout_at(self._deadline) as lifetime:
                return await self._goodbye(await self._follow(start))
        except ConnectionError as error:
            if self._connection.closing:
                return End.STOPPING
            # the kernel has given up on a client that no longer acknowledges
            return End.SLOW if isinstance(error.__cause__, TimeoutError) else End.GONE
        except TimeoutError:
            return await self._goodbye(End.EXPIRED) if lifetime.expired() else End.SLOW

    async def _follow(self, start: Opening) -> End:
        cursor, page = start.cursor, start.page
        if start.anew:
            await self._send("reset", {}, cursor)
        await self._tell_unread(page.unread, cursor)
        while True:
            taken = step(cursor, page.rows)
            cursor = taken.cursor
            await self._deliver(taken, page.unread)
            pause = HELD_PAUSE if taken.held else 0.0 if page.full else self._interval
            answer = await self._next(cursor, pause)
            if isinstance(answer, End):
                return answer
            if _of_another_life(cursor, answer):
                return End.FAILED
            page = answer

    async def _next(self, cursor: Cursor, pause: float) -> StreamPage | End:
        """Waits for news; while the database is away, also for the database."""
        while True:
            await self._connection.news(within=pause)
            if (end := self._must_end()) is not None:
                return end
            with suppress(Unavailable, Contention):
                return await self._fetch_page(StreamQuery(self._client_id, cursor))
            pause = DATABASE_PAUSE

    def _must_end(self) -> End | None:
        if self._connection.closing:
            return End.STOPPING
        if self._connection.gone:
            return End.GONE
        # checked too: a cancelled statement may end like a failed one, and the time-out is used up then
        return End.EXPIRED if asyncio.get_running_loop().time() >= self._deadline else None

    async def _deliver(self, taken: DeliveryStep[PlacedNotification], unread: int) -> None:
        for placed, cursor in taken.rows:
            await self._send("notification", placed.notification.to_json(), cursor)
        if unread != self._unread:
            await self._tell_unread(unread, taken.cursor)

    async def _tell_unread(self, unread: int, cursor: Cursor) -> None:
        """Sends the unread count. It is a state, not a change, so after missed events the last one is right."""
        await self._send("unread", {"unread": unread}, cursor)
        self._unread = unread

    async def _goodbye(self, reason: End) -> End:
        """Tells a client that still reads why it must go; cuts off one that does not."""
        self._connection.close()
        if not self._connection.gone:
            try:
                await self._send("end", {"reason": reason}, None)
            except (ConnectionError, TimeoutError):
                return reason
        return reason

    async def _send(self, event: str, data: Mapping[str, Any], cursor: Cursor | None) -> None:
        """Writes one event. Raises TimeoutError when the client does not read, ConnectionResetError when it has
        gone."""
        place = None if cursor is None else str(cursor)
        await self._response.send(json_bytes(data).decode(), id=place, event=event, retry=self._retry)
        metrics.EVENTS.labels(event).inc()


def _of_another_life(cursor: Cursor, page: StreamPage) -> bool:
    """Whether a cursor is ahead of everything in this database: the database was restored, or has lost its last
    commits."""
    return cursor.xact > page.horizon
