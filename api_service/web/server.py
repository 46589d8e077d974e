"""Makes the server of an application, with limits for slow clients: all limits, or only those that aiohttp
documents."""

import asyncio
from typing import Final

from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler, Middleware

from api_service.web import aiohttp_3_14
from api_service.web.connection_limits import BodyTooSlow, ConnectionLimits
from shared.process.library_internals import usable

_LINGERING: Final = 10.0
"""Seconds for which the unread rest of a body is read and dropped; aiohttp's own default."""


def create_runner(app: web.Application, limits: ConnectionLimits, *, shutdown_timeout: float) -> web.AppRunner:
    """Serves `app`, which is not started yet. `shutdown_timeout`: seconds that requests under way have at a stop."""
    if usable(aiohttp_3_14.INTERNALS):
        return aiohttp_3_14.BoundedRunner(app, limits, shutdown_timeout=shutdown_timeout)
    return _plain_runner(app, limits, shutdown_timeout)


def _plain_runner(app: web.Application, limits: ConnectionLimits, shutdown_timeout: float) -> web.AppRunner:
    """The plain way. A body has its time-out; a head has that of an idle connection, which is closed without an answer.

    Missing: the time-out for clients that do not read, the largest number of connections, and problem+json for bytes
    that are not HTTP and for unknown expectations, which aiohttp answers as text.
    """
    app.middlewares.append(_bounded_bodies(limits.body))
    return web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=limits.idle,
        lingering_time=min(_LINGERING, limits.body),
        shutdown_timeout=shutdown_timeout,
    )


def _bounded_bodies(longest: float) -> Middleware:
    @web.middleware
    async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.content.is_eof():
            return await handler(request)
        timer = asyncio.get_running_loop().call_later(longest, _give_up, request.content)
        try:
            return await handler(request)
        finally:
            timer.cancel()

    return bounded


def _give_up(body: StreamReader) -> None:
    if not body.is_eof() and body.exception() is None:
        body.set_exception(BodyTooSlow())
