"""Serves connections within limits, by the inner names of aiohttp 3.14: time-outs for slow heads, bodies and readers,
and problem+json even for requests that are not HTTP.

aiohttp itself limits idle connections only. Here every connection is checked once a second (more often for shorter
time-outs), so that a request pays nothing for it. `server` has the plain way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from api_service.web import metrics
from api_service.web.connection_limits import BodyTooSlow, ConnectionLimits, has_gone
from api_service.web.problems import Problem
from shared.process.internal_errors import internal_error
from shared.process.library_internals import Internals
from shared.process.loops import run_loop
from shared.process.security_headers import HEADERS, SERVER

log = structlog.get_logger("api_service.web.server")

_LONGEST_PAUSE: Final = 1.0
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


INTERNALS: Final = Internals(
    "aiohttp",
    "3.14",
    {
        RequestHandler: ("_current_request", "_loop", "_manager", "_messages", "_request_count", "_waiter"),
        web.Server: ("_connections", "_kwargs", "_loop"),
        web.AppRunner: ("_make_server",),
    },
    instead="slow clients have aiohttp's own time-outs: idle connections and bodies",
)


class Connection(RequestHandler):
    __slots__ = ("_body_of", "_body_since", "_head_since", "_stuck_since", "_wire")

    def __init__(self, manager: "BoundedServer", **options: Any) -> None:
        super().__init__(manager, **options)
        self._wire: asyncio.Transport | None = None
        self._head_since: float | None = None
        self._stuck_since: float | None = None
        self._body_of: web.BaseRequest | None = None
        self._body_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wire = self.transport
        self._head_since = self._loop.time()
        manager = self._manager
        if isinstance(manager, BoundedServer) and manager.is_crowded:
            self._refuse(503, "There are too many connections.", {"Retry-After": "5"})

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._request_count:
            return  # no head was ever complete, whether or not the task that will serve it has begun
        if self._messages or self._waiter is None or self._waiter.done():
            self._head_since = None  # a head is complete
        elif self._head_since is None:
            self._head_since = self._loop.time()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_since = self._loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck_since = None

    def enforce(self, now: float, limits: ConnectionLimits) -> None:
        """Ends a connection or a request that takes too long."""
        if self._wire is None:
            return
        if self._wire.is_closing() and self._stuck_since is None:
            self._stuck_since = now  # closed by us, with unsent bytes
        if self._stuck_since is not None and now - self._stuck_since > limits.write:
            metrics.SLOW_READERS.inc()
            log.info("slow reader cut off")
            self._wire.abort()
        elif self._head_since is not None and now - self._head_since > limits.head:
            self._head_since = None
            self._refuse(408, "The head of the request did not arrive in time.")
        else:
            self._hurry_body(now, limits.body)

    def _hurry_body(self, now: float, longest: float) -> None:
        request = self._current_request
        if request is None or request.content.is_eof():
            self._body_of = None
        elif request is not self._body_of:
            self._body_of, self._body_since = request, now
        elif now - self._body_since > longest and request.content.exception() is None:
            request.content.set_exception(BodyTooSlow())

    def _refuse(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answers on the bare connection, since there is no request, and closes it."""
        answer = Problem(status, HTTPStatus(status).phrase, detail, headers=headers or {}).response("")
        body = bytes(answer.body or b"") if isinstance(answer.body, bytes | bytearray) else b""
        lines = {**HEADERS, **answer.headers, "Server": SERVER, "Content-Length": str(len(body)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        if self.transport is not None:
            self.transport.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + body)
        self.force_close()

    def log_exception(self, *arguments: Any, **options: Any) -> None:
        """aiohttp calls this for errors outside a handler. A body that cannot be decompressed, and a client that has
        gone, are not our bugs."""
        error = options.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            log.info("unreadable body dropped")
        elif isinstance(error, ConnectionResetError) and has_gone(self.transport):
            log.info("client gone before its answer")
        else:
            log.error("request failed outside its handler", exc_info=error)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answers bytes that could not be parsed. aiohttp would log them as an error, and echo a part of them."""
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception(exc_info=exc)
            answer = Problem(500, "Something went wrong here").response("")
        else:
            answer = _unreadable(status, exc).response("")
        answer.headers.update({**HEADERS, "Server": SERVER})
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun, so there is no other one")
        answer.force_close()
        return answer


def _unreadable(status: int, error: BaseException | None) -> Problem:
    if isinstance(error, LineTooLong) or (error is not None and "Too many headers" in str(error)):
        return Problem(431, "The head of the request is too large", "Its target or a header is too long, or too many.")
    return Problem(status, HTTPStatus(status).phrase, "The request is not valid HTTP/1.1.")


def _expecting(handler: Handler) -> Handler:
    """Refuses all expectations except 100-continue (RFC 9110 §10.1.1). aiohttp's own refusal quotes the expectation,
    before any middleware, and fails if it is not UTF-8."""

    async def expected(request: web.BaseRequest) -> web.StreamResponse:
        expectation = request.headers.get("Expect")
        if expectation is None or expectation.lower() == "100-continue":
            return await handler(request)
        answer = Problem(417, "Expectation Failed", "Only 100-continue may be expected.").response("")
        answer.headers.update({**HEADERS, "Server": SERVER})
        return answer

    return expected


class BoundedServer(web.Server):
    def __init__(self, limits: ConnectionLimits, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.limits = limits
        self._watching = asyncio.create_task(self._watch(), name="request-timeouts")

    @property
    def is_crowded(self) -> bool:
        return len(self._connections) > self.limits.connections

    def __call__(self) -> RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)

    async def _watch(self) -> None:
        bounds = (self.limits.head, self.limits.body, self.limits.write)
        pause = min(*(bound / 4 for bound in bounds), _LONGEST_PAUSE)

        async def turn() -> float:
            now = self._loop.time()
            for connection in self.connections:
                if isinstance(connection, Connection):
                    self._look_at(connection, now)
            return pause

        await run_loop("request-timeouts", turn)

    def _look_at(self, connection: Connection, now: float) -> None:
        try:
            connection.enforce(now, self.limits)
        except Exception as error:  # noqa: BLE001 - counted; one connection must not spare the others
            internal_error("request-timeouts", error)

    async def shutdown(self, timeout: float | None = None) -> None:
        await super().shutdown(timeout)
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)


class BoundedRunner(web.AppRunner):
    def __init__(self, app: web.Application, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(app, access_log=None, keepalive_timeout=limits.idle, **options)
        self._limits = limits

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return BoundedServer(
            self._limits,
            _expecting(made.request_handler),
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            loop=asyncio.get_running_loop(),
            **made._kwargs,
        )
