"""Decides which listener serves a route, when operators have a listener of their own (ADMIN_HOST, ADMIN_PORT)."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_OPERATORS: Final = ("/api/ops", "/ops", "/hangfire", "/metrics")
_BOTH: Final = ("/livez", "/readyz")


def serves(path: str, *, operators: bool) -> bool:
    """Whether the listener for operators, or the public one, serves a path.

    >>> serves("/api/ops/jobs", operators=True), serves("/api/ops/jobs", operators=False)
    (True, False)
    """
    return path == "/" or _under(path, _BOTH) or _under(path, _OPERATORS) == operators


def for_operators(request: web.Request, operators_port: int | None) -> bool | None:
    """Whether a request came in by the listener for operators; None where there is only one listener."""
    return None if operators_port is None else _local_port(request) == operators_port


def apart(operators_port: int | None) -> list[Middleware]:
    """The middleware that keeps the listeners apart. One application serves both, so that they share all resources.
    Empty when there is only one listener. `operators_port`: ADMIN_PORT."""
    if operators_port is None:
        return []

    @web.middleware
    async def by_listener(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not serves(_path(request), operators=bool(for_operators(request, operators_port))):
            raise web.HTTPNotFound
        return await handler(request)

    return [by_listener]


def _path(request: web.Request) -> str:
    """The path of the matched route, however the request has spelled it."""
    resource = request.match_info.route.resource
    return request.path if resource is None else resource.canonical


def _local_port(request: web.Request) -> int | None:
    """The port on which the connection came in: from the kernel, not from a header."""
    name = None if request.transport is None else request.transport.get_extra_info("sockname")
    return None if name is None else int(name[1])


def _under(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)
