"""Judges the errors behind the pages of links: people read a page, and operators a count and a log line."""

from typing import Final

import structlog
from aiohttp import web

from api_service.web.connection_limits import BodyTooSlow, has_gone
from api_service.web.middlewares import REQUEST_ID
from api_service.web.problems import Problem
from shared.errors import Contention, ItemRefused, Unavailable
from shared.people.zones import UnknownZone
from shared.process.internal_errors import internal_error, item_refused

log = structlog.get_logger("api_service.links")

WAIT: Final = 5
"""Seconds after which a page asks people to try again."""


def status_of(request: web.Request, error: Exception, route: str) -> int | None:
    """The status of the page about an error, which is logged, and counted if it is our bug: 503 for an outage, 409
    for what the database refuses, 500 for a bug. None for what the web server answers itself, such as a cut body.
    `route`: a pattern, never the path, which has a token."""
    if isinstance(error, Problem | web.HTTPException | web.RequestPayloadError | BodyTooSlow):
        return None
    if isinstance(error, ConnectionResetError) and has_gone(request.transport):
        return None
    request_id = request[REQUEST_ID]
    if isinstance(error, Unavailable | Contention | UnknownZone):
        log.warning("page unavailable", request_id=request_id, route=route, error=str(error))
        return 503
    if isinstance(error, ItemRefused):
        item_refused("http", error, request_id=request_id, route=route)
        return 409
    internal_error("http", error, event="request failed", request_id=request_id, route=route)
    return 500
