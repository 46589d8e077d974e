"""The live stream of a client's notifications: server-sent events (WHATWG HTML, section 9.2)."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from aiohttp_sse import EventSourceResponse

from api_service.identity.bearer import CLIENT, Identity, guarded_by, require
from api_service.inbox.stream import metrics, sessions
from api_service.inbox.stream.connection import ClientConnection
from api_service.inbox.stream.event_stream import End, FetchPage, Opening, Stream, opening
from api_service.inbox.stream.hub import Hub, too_many_here, too_many_of_client
from api_service.inbox.stream.sessions import NAME, PATH, StreamSession
from api_service.profile.erased import ErasedClient, erased_client
from api_service.web.keys import DATABASE
from api_service.web.middlewares import HEAD_AFTER, REQUEST_ID
from api_service.web.openapi.operation import operation
from shared.process.internal_errors import internal_error

log = structlog.get_logger("api_service.stream")

routes: Final = web.RouteTableDef()
_COOKIE: Final = {"Set-Cookie": "HttpOnly, SameSite=Strict, for the stream's path alone."}
_RETRY: Final = (1_000, 5_000)
"""Milliseconds, drawn for each stream, so that the clients of a stopping process do not all reconnect at once."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The parts that all streams of this process share. Times are in seconds."""

    hub: Hub
    fetch_page: FetchPage
    interval: float
    write_timeout: float


STREAMS: Final = web.AppKey("streams", Streams)


@routes.get(PATH, allow_head=False)
@operation(
    "Hear of one's notifications as they come",
    too_many_of_client(10),
    too_many_here(),
    media="text/event-stream",
    cookie=NAME,
    reads={"Last-Event-ID": "Of the last event that was heard; the stream goes on after it, without a gap."},
)
async def stream(request: web.Request) -> web.StreamResponse:
    """For a bearer token, or for the cookie of a stream session where there is no Authorization header."""
    started = perf_counter()
    cookie = sessions.cookie_of(request)
    session = None
    if cookie is not None and "Authorization" not in request.headers:
        session = await sessions.find_session(request.app[DATABASE], cookie)
    if session is None:
        return await _by_token(request)
    return await _serve(request, session, started)


guarded_by(stream, CLIENT)


@require(CLIENT)
async def _by_token(request: web.Request, identity: Identity) -> web.StreamResponse:
    return await _serve(request, StreamSession(identity.subject, identity.expires_at), perf_counter())


@routes.post(PATH + "/session")
@require(CLIENT)
@operation("Open a stream session, for EventSource", erased_client(), status=204, sends=_COOKIE)
async def open_session(request: web.Request, identity: Identity) -> web.Response:
    """A cookie that opens the stream and nothing else, and ends with the token: EventSource can send no header."""
    session = StreamSession(identity.subject, identity.expires_at)
    try:
        value = await sessions.open_session(request.app[DATABASE], session)
    except ErasedClient:
        raise erased_client() from None
    response = web.Response(status=204, headers={"Cache-Control": "no-store"})
    sessions.set_cookie(request, response, value, lasts=_left(session))
    return response


@routes.delete(PATH + "/session")
@require(CLIENT)
@operation("Close a stream session", status=204, sends=_COOKIE)
async def close_session(request: web.Request, identity: Identity) -> web.Response:
    """For signing out: scripts cannot take the cookie away."""
    cookie = sessions.cookie_of(request)
    if cookie is not None:
        await sessions.close_session(request.app[DATABASE], cookie, identity.subject)
    response = web.Response(status=204, headers={"Cache-Control": "no-store"})
    sessions.set_cookie(request, response, "", lasts=0)
    return response


async def close_all(app: web.Application) -> None:
    """To be called when the API stops, so that no stream delays it."""
    if STREAMS in app:
        app[STREAMS].hub.close_all()


async def _serve(request: web.Request, session: StreamSession, started: float) -> web.StreamResponse:
    streams = request.app[STREAMS]
    with streams.hub.opened(session.client_id, request) as connection:
        start = await opening(streams.fetch_page, session.client_id, request.headers.get("Last-Event-ID") or None)
        if connection.gone:
            return web.Response()  # the client hung up meanwhile: nobody reads, and there is no socket to set up
        response = _head(request, streams)
        connection.bound()
        await response.prepare(request)
        request[HEAD_AFTER] = perf_counter() - started
        async with response:
            each = Stream(
                response,
                connection,
                streams.fetch_page,
                session.client_id,
                interval=streams.interval,
                retry=random.randint(*_RETRY),  # noqa: S311 - spreads reconnects
            )
            await _run(each, start, connection, expires_in=_left(session))
    return response


async def _run(each: Stream, start: Opening, connection: ClientConnection, *, expires_in: float) -> None:
    """The head is sent: from here on an error can only end the stream."""
    opened, end = perf_counter(), None
    try:
        end = await each.run(start, expires_in=expires_in)
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("http", error, event="stream failed", request_id=connection.request_id)
        end = End.FAILED
    finally:
        # none: the handler was cancelled
        end = end or (End.STOPPING if connection.closing else End.GONE)
        metrics.ENDED.labels(end).inc()
        log.info(
            "stream ended", reason=end, seconds=round(perf_counter() - opened, 1), request_id=connection.request_id
        )
    if end in (End.SLOW, End.FAILED):
        connection.abort()


def _head(request: web.Request, streams: Streams) -> EventSourceResponse:
    response = EventSourceResponse(
        headers={"X-Request-Id": request[REQUEST_ID], "X-Content-Type-Options": "nosniff"},
        send_timeout=streams.write_timeout,
        ping_interval=streams.interval,
    )
    response.headers["Cache-Control"] = "no-store"
    # its limits are a stream's, so the connection serves no further request
    response.headers["Connection"] = "close"
    response.force_close()
    return response


def _left(session: StreamSession) -> float:
    return (session.expires_at - datetime.now(UTC)).total_seconds()
