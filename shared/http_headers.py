"""The security headers of every answer, streams and probes included."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # pages that show something (docs, dashboard) set a policy of their own
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
SERVER: Final = "punctual"
"""Instead of the names and versions of what serves it."""
HSTS: Final = "max-age=31536000"


def add_security_headers(
    app: web.Application, *, https: Callable[[web.BaseRequest], bool] = lambda request: request.secure
) -> None:
    """`https`: whether the client came by TLS, so that it may be told to come by nothing else from now on."""

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        for name, value in HEADERS.items():
            if name not in headers:
                headers[name] = value
        headers["Server"] = SERVER  # aiohttp has already put its own there
        if https(request):
            headers["Strict-Transport-Security"] = HSTS

    app.on_response_prepare.append(protect)
