"""The security headers of every answer, streams and probes included."""

from collections.abc import Callable
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # pages for people (docs, dashboard) set a policy of their own
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
SERVER: Final = "punctual"
"""The Server header, without names and versions."""
_ALL: Final = CIMultiDict({**HEADERS, "Server": SERVER})  # replaces aiohttp's own
HSTS: Final = "max-age=31536000"


def add_security_headers(
    app: web.Application, *, https: Callable[[web.BaseRequest], bool] = lambda request: request.secure
) -> None:
    """Adds the headers. `https`: whether the client came over TLS; then the answer tells it to use TLS from now on."""

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        if "Content-Security-Policy" in headers:
            headers.update({name: value for name, value in _ALL.items() if name not in headers or name == "Server"})
        else:
            headers.update(_ALL)
        if https(request):
            headers["Strict-Transport-Security"] = HSTS

    app.on_response_prepare.append(protect)
