"""Serves the document at /openapi.json, and at /docs a page that shows it with Swagger UI from an installed package."""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

import orjson
from aiohttp import web

from api_service.web.conditional import condition_in
from api_service.web.openapi.document import build

routes: Final = web.RouteTableDef()
_OURS: Final = "api_service.web.openapi"
_SWAGGER: Final = "swagger_ui"
# No inline script or style, and nothing from another host. Swagger UI's style sheet holds its icons as data: URLs
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES: Final = {
    "docs.js": (_OURS, "text/javascript"),
    "docs.css": (_OURS, "text/css"),
    "swagger-ui-bundle.js": (_SWAGGER, "text/javascript"),
    "swagger-ui.css": (_SWAGGER, "text/css"),
    "favicon-32x32.png": (_SWAGGER, "image/png"),
}


@dataclass(frozen=True, slots=True)
class Published:
    """Bytes that stay the same while the process lives, with their entity tag. The tag is weak, since it is the same
    for each content coding (RFC 9110 §8.8.1)."""

    content: bytes
    etag: str


class Document:
    """Built at the first request, from the routes at that time."""

    def __init__(self, router: web.UrlDispatcher) -> None:
        self._router = router

    @cached_property
    def published(self) -> Published:
        return _published(orjson.dumps(build(self._router)))


DOCUMENT: Final = web.AppKey("document", Document)


@routes.get("/openapi.json")
async def document(request: web.Request) -> web.Response:
    # The first build costs 30 ms, once in a process's life. Not in a thread: garbage collection there would run the
    # finalisers of aio-pika's connections outside a loop
    return _answer(request, request.app[DOCUMENT].published, "application/json")


@routes.get("/docs")
async def page(request: web.Request) -> web.Response:
    response = _answer(request, _file(_OURS, "docs.html"), "text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@routes.get("/docs/{file}")
async def asset(request: web.Request) -> web.Response:
    name = request.match_info["file"]
    if name not in _FILES:
        raise web.HTTPNotFound
    package, kind = _FILES[name]
    return _answer(request, _file(package, name), kind)


def _answer(request: web.Request, published: Published, kind: str) -> web.Response:
    """304 when the caller has it already. Caches always ask, so a new release is seen at once."""
    headers = {"ETag": f'W/"{published.etag}"', "Cache-Control": "no-cache"}
    known = condition_in(request, "If-None-Match")
    if known is not None and known.name(f'"{published.etag}"'):
        return web.Response(status=304, headers=headers)
    charset = None if kind == "image/png" else "utf-8"
    response = web.Response(body=published.content, content_type=kind, charset=charset, headers=headers)
    response.enable_compression()
    return response


@cache
def _file(package: str, name: str) -> Published:
    return _published((files(package) / "static" / name).read_bytes())


def _published(content: bytes) -> Published:
    return Published(content, hashlib.sha256(content).hexdigest()[:32])
