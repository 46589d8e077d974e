"""Serves the dashboard's own style sheet, script and icon; no asset comes from another host."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from aiohttp import web

_TYPES: Final = {"ops.css": "text/css", "ops.js": "text/javascript", "icon.svg": "image/svg+xml"}
_A_YEAR: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _content(name: str) -> bytes:
    return (files("api_service.ops.dashboard.static") / name).read_bytes()


@cache
def asset_url(name: str) -> str:
    """The URL of an asset; it changes with the content, so browsers may keep the asset."""
    return f"/ops/static/{hashlib.sha256(_content(name)).hexdigest()[:12]}/{name}"


async def asset(request: web.Request) -> web.Response:
    """The newest content under any version; only the newest may be kept."""
    name = request.match_info["name"]
    if name not in _TYPES:
        raise web.HTTPNotFound
    newest = request.path == asset_url(name)
    kept = _A_YEAR if newest else {"Cache-Control": "no-store"}
    return web.Response(body=_content(name), content_type=_TYPES[name], charset="utf-8", headers=kept)
