"""Keeps the open streams of this process, and wakes the streams of clients with news."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from api_service.inbox.stream import metrics
from api_service.inbox.stream.connection import ClientConnection
from api_service.web.problems import Problem
from shared.broker.live_message import client_key
from shared.process.loops import run_loop

WATCH: Final = 1.0
"""Seconds between two looks for clients that have gone. A look at a thousand streams takes a tenth of a millisecond."""
_RETRY_AFTER: Final = {"Retry-After": "15"}


def too_many_of_client(most: int) -> Problem:
    detail = f"A client may have {most} streams open. Close one, or share one between tabs."
    return Problem(429, "Too many streams", detail, "urn:punctual:problem:streams", headers=_RETRY_AFTER)


def too_many_here() -> Problem:
    detail = "This server has as many streams as it may have. Ask again, or read the list meanwhile."
    return Problem(503, "Too many streams", detail, "urn:punctual:problem:streams", headers=_RETRY_AFTER)


class Hub:
    def __init__(self, *, per_client: int, most: int) -> None:
        """The largest numbers of open streams of one client, and of this process."""
        self._per_client = per_client
        self._most = most
        self._open: dict[str, set[ClientConnection]] = {}
        self._count = 0

    @contextmanager
    def opened(self, client_id: str, request: web.Request) -> Iterator[ClientConnection]:
        """A stream's connection for the length of the block. Raises Problem: 429 for the client's limit, 503 for the
        process's."""
        key = client_key(client_id)
        self._admit(self._open.get(key, set()))
        connection = ClientConnection(request)
        self._open.setdefault(key, set()).add(connection)
        self._counted(1)
        try:
            yield connection
        finally:
            self._counted(-1)
            self._open[key].discard(connection)
            if not self._open[key]:
                del self._open[key]

    def tell(self, keys: Iterable[str]) -> None:
        """Wakes the streams of these clients (`shared.broker.live_message.client_key`)."""
        for key in keys:
            for connection in self._open.get(key, ()):
                connection.wake()

    def wake_all(self) -> None:
        """Wakes all streams, after a time in which news may have been lost."""
        self._each(ClientConnection.wake)

    async def watch(self) -> None:
        """Wakes the streams whose client has hung up, until cancelled. aiohttp does not report it, and a stream without
        news would notice it only when it writes."""

        async def turn() -> float:
            self._each(lambda connection: connection.wake() if connection.gone else None)
            return WATCH

        await run_loop("streams-watch", turn)

    def close_all(self) -> None:
        """Ends every stream at once, even if its client does not read, so that no stream delays a stop."""
        self._each(ClientConnection.close)

    def _admit(self, others: Iterable[ClientConnection]) -> None:
        # a reloaded page has left a stream behind that does not know yet that its client has gone
        if sum(not connection.gone for connection in others) >= self._per_client:
            metrics.REFUSED.labels("client").inc()
            raise too_many_of_client(self._per_client)
        if self._count >= self._most:
            metrics.REFUSED.labels("process").inc()
            raise too_many_here()

    def _counted(self, change: int) -> None:
        self._count += change
        metrics.OPEN.set(self._count)

    def _each(self, act: Callable[[ClientConnection], None]) -> None:
        for connections in self._open.values():
            for connection in connections:
                act(connection)
