"""Lets pages of other origins call the client API, if CORS_ORIGINS names them (the Fetch standard, §3.2)."""

from collections.abc import Collection
from typing import Final

from aiohttp import web

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id, traceparent"
)
_EXPOSED: Final = "ETag, Location, Retry-After, X-Request-Id, WWW-Authenticate"
_FOR: Final = ("/api/client/", "/api/doctors")
_WITH_COOKIE: Final = "/api/client/notifications/stream"
"""The only path whose cookie a page may use. All other paths take a bearer token."""
_KEPT: Final = "600"


class Cors:
    def __init__(self, origins: Collection[str] = ()) -> None:
        """`origins`: exactly as browsers send them, such as https://app.clinic.example."""
        self._origins = frozenset(origins)

    @property
    def enabled(self) -> bool:
        return bool(self._origins)

    def preflight(self, request: web.Request) -> web.Response | None:
        """The answer to a preflight of a known origin; None for any other request."""
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        if not self._allows(request):
            return None
        headers = {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": _KEPT,
        }
        return web.Response(status=204, headers=headers)

    async def on_response_prepare(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Adds the header that says which origin may read the answer."""
        response.headers.add("Vary", "Origin")  # also without an origin: caches must keep both answers apart
        if not self._allows(request):
            return
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.path.startswith(_WITH_COOKIE):
            response.headers["Access-Control-Allow-Credentials"] = "true"

    def _allows(self, request: web.BaseRequest) -> bool:
        return request.headers.get("Origin") in self._origins and request.path.startswith(_FOR)


CORS: Final = web.AppKey("cors", Cors)
