"""Gives every request its id, its trace and its log line, measures it, and turns errors into problem details."""

import re
import secrets
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web

from api_service.web import metrics
from api_service.web.compression import compress
from api_service.web.connection_limits import BodyTooSlow, has_gone
from api_service.web.cors import CORS
from api_service.web.draining import DRAINING
from api_service.web.limits.admission import LIMITS
from api_service.web.problems import Problem, from_http, refused, unavailable, unknown_zone, unreadable
from shared.errors import Contention, ItemRefused, Unavailable
from shared.ids import new_id, traceparent_of
from shared.people.zones import VERSION, UnknownZone
from shared.process import tracing
from shared.process.internal_errors import internal_error, item_refused

log = structlog.get_logger("api_service.http")

REQUEST_ID: Final = web.RequestKey("request_id", str)
TRACEPARENT: Final = web.RequestKey("traceparent", str)
HEAD_AFTER: Final = web.RequestKey("head_after", float)
"""Set by a streaming handler: seconds until it had sent the head of its answer. The whole time of a stream is not a
latency."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
FORESEEN: Final = (Unavailable, Contention, ItemRefused, UnknownZone)
"""Errors of the database and of our zone data; any other one is our bug."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"/livez", "/readyz", "/metrics"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def request_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One middleware for everything: each further one would cost every request."""
    started = perf_counter()
    app = request.app  # aiohttp finds it anew each time
    request_id = _request_id(request)
    request[REQUEST_ID] = request_id
    with _span(request) as span:
        request[TRACEPARENT] = span.traceparent or _traceparent(request, request_id)
        response = await _answer(app, request, handler)
        span.note(http__response__status_code=response.status)
        if response.status >= 500:
            span.note(error__type=str(response.status))
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
        app[DRAINING].mark(response)
        compress(request, response)
    _account(request, request_id, response.status, perf_counter() - started)
    return response


async def _answer(app: web.Application, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        app[LIMITS].before(request)
        return app[CORS].preflight(request) or await handler(request)
    except Problem as problem:
        return problem.response(request.path)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return from_http(error).response(request.path)
    except web.RequestPayloadError:
        return unreadable().response(request.path)
    except BodyTooSlow:
        return Problem(408, "The body did not arrive in time", headers={"Connection": "close"}).response(request.path)
    except FORESEEN as error:
        return foreseen(request, error).response(request.path)
    except Exception as error:  # noqa: BLE001 - counted and logged
        if isinstance(error, ConnectionResetError) and has_gone(request.transport):
            return unreadable().response(request.path)  # the client has gone halfway: nobody reads this
        internal_error("http", error, event="request failed", request_id=request[REQUEST_ID], route=_route(request))
        return Problem(500, "Something went wrong here").response(request.path)


def foreseen(request: web.Request, error: Exception) -> Problem:
    """The problem for one of the FORESEEN errors, which is logged, and counted where an item was refused."""
    request_id = request[REQUEST_ID]
    if isinstance(error, ItemRefused):
        item_refused("http", error, request_id=request_id, route=_route(request))
        return refused()
    if isinstance(error, UnknownZone):
        log.error("zone data too old", request_id=request_id, zone=error.name, tzdata=VERSION)
        return unknown_zone()
    log.warning("database unavailable", request_id=request_id, error=str(error))
    return unavailable()


def _account(request: web.Request, request_id: str, status: int, seconds: float) -> None:
    seconds = request.get(HEAD_AFTER, seconds)
    route, method = _route(request), _method(request)
    metrics.request_duration(method, route, status).observe(seconds)
    if route not in _QUIET:
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            request_id=request_id,
        )


def _route(request: web.Request) -> str:
    """The route's pattern, never the path: a path has ids, and scanners send any path."""
    resource = request.match_info.route.resource
    return "(unknown)" if resource is None else resource.canonical


def _method(request: web.Request) -> str:
    return request.method if request.method in _METHODS else "(other)"


def _request_id(request: web.Request) -> str:
    """The caller's request id, if it is short and plain, since it goes into logs, rows and messages; else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_id().hex


def _span(request: web.Request) -> tracing.Span:
    if not tracing.enabled() or (route := _route(request)) in _QUIET:
        return tracing.OFF
    return tracing.span(
        f"{_method(request)} {route}",
        "SERVER",
        parent=request.headers.get("traceparent"),
        http__request__method=_method(request),
        http__route=route,
        punctual__request_id=request[REQUEST_ID],
    )


def _traceparent(request: web.Request, request_id: str) -> str:
    """The caller's trace; else an unsampled one that is named by the request, or is new: so one id follows a booking in
    any case."""
    given = request.headers.get("traceparent", "")
    if tracing.usable(given):
        return given
    if named := traceparent_of(request_id):
        return named
    fresh = secrets.token_hex(24)
    return f"00-{fresh[:32]}-{fresh[32:]}-00"
