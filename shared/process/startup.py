"""Starts a service whose database may be away: it waits, answers its probes meanwhile, and stops when it is told to."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

import structlog
from aiohttp import web

from shared.errors import Contention, DatabaseUnavailable, Unavailable
from shared.process.backoff import reconnect_delays
from shared.process.lifecycle import GIVEN_UP, Stop, move_on_when
from shared.process.ports import ListenAddress, bind, closing
from shared.process.security_headers import add_security_headers
from shared.process.server_urls import servers
from shared.process.service_manager import tell_ready, tell_stopping

log = structlog.get_logger("shared.process.startup")

T = TypeVar("T")


class Closable(Protocol):
    """A connection that the start opens, and closes at the end."""

    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)

REMINDED: Final = 60.0
"""Seconds after which the same reason for waiting is logged again."""
POSTGRES_PORT: Final = 5432
_SOON: Final = 1.0
"""Seconds in which the database usually answers. Requests that come before wait, and are not answered 503."""
_UNREADY: Final = {"Retry-After": "5", "Cache-Control": "no-store"}


@asynccontextmanager
async def started(
    stop: Stop, places: Sequence[ListenAddress], connect: Callable[[], Coroutine[Any, Any, C]], url: str
) -> AsyncIterator[tuple[C, Sequence[socket.socket]] | None]:
    """The database and the sockets of a service, closed at the end of the block; None when the process is told to stop
    before the database at `url` accepts us.

    The ports come first: a process that cannot have them ends at once. Raises CannotListen, ConfigurationError.
    """
    sockets = await move_on_when(stop, bind(places))
    if sockets is None:
        yield None
        return
    with closing(sockets):
        tell_ready("waiting for PostgreSQL")
        database = await _reached(connect, url, sockets, stop)
        if database is None:
            yield None
            return
        try:
            tell_ready("serving")
            yield database, sockets
        finally:
            tell_stopping()
            await database.close()


async def _reached(
    connect: Callable[[], Coroutine[Any, Any, T]], url: str, sockets: Sequence[socket.socket], stop: Stop
) -> T | None:
    """Tries until it can connect. Meanwhile the sockets answer that the service lives and is not ready.

    A log line has the reason for waiting: at once, when the reason changes, and once a minute.
    """
    waiting = _Waiting(servers(url, POSTGRES_PORT))
    delays = reconnect_delays(random.random())  # noqa: S311 - spreads reconnects, guards nothing
    first = asyncio.ensure_future(connect())
    await move_on_when(stop, asyncio.wait({first}, timeout=_SOON))
    async with _waiting_room(sockets) if not first.done() or first.exception() else nullcontext():
        attempt: Awaitable[T] = first
        while True:
            try:
                answer = await move_on_when(stop, attempt)
            except (Unavailable, Contention) as error:
                waiting.for_reason(str(error))
                await move_on_when(stop, asyncio.sleep(next(delays)))
            else:
                if answer is None:
                    waiting.stopped()
                return answer
            if stop.is_set():
                waiting.stopped()
                return None
            attempt = connect()


@contextmanager
def naming_the_database(url: str) -> Iterator[None]:
    """Adds the server to the text of a DatabaseUnavailable."""
    try:
        yield
    except DatabaseUnavailable as error:
        where = servers(url, POSTGRES_PORT)
        raise DatabaseUnavailable(f"DATABASE_URL: PostgreSQL at {where} is away or refuses us: {error}") from error


class _Waiting:
    def __init__(self, server: str) -> None:
        self._server = server
        self._reason = "no answer yet"
        self._told: float | None = None

    def for_reason(self, reason: str) -> None:
        if reason != self._reason or self._told is None or monotonic() - self._told > REMINDED:
            self._reason, self._told = reason, monotonic()
            log.warning("waiting for PostgreSQL", error=reason, server=self._server, setting="DATABASE_URL")

    def stopped(self) -> None:
        log.warning(
            "stopped while waiting for PostgreSQL", error=self._reason, server=self._server, setting="DATABASE_URL"
        )


@asynccontextmanager
async def _waiting_room(sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Answers on duplicates of the sockets, so that somebody listens at every moment until the service takes over."""

    async def livez(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, headers={"Cache-Control": "no-store"})

    async def readyz(request: web.Request) -> web.Response:
        body = {"status": "unavailable", "checks": {"database": "unavailable"}}
        return web.json_response(body, status=503, headers=_UNREADY)

    async def anything(request: web.Request) -> web.Response:
        body = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "It is starting."}
        return web.json_response(body, status=503, headers=_UNREADY, content_type="application/problem+json")

    app = web.Application()
    add_security_headers(app)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_route("*", "/{path:.*}", anything)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GIVEN_UP)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each.dup()).start()
        yield
    finally:
        await runner.cleanup()
