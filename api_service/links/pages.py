"""Sets the pages of unsubscribing: without scripts, without any other host, in the client's language."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import jinja2
from aiohttp import web

from shared.wording import Language

Scene = Literal["question", "done", "on", "unknown", "trouble"]
"""The scenes: the question; reminders are off; reminders are on; an invalid link; no service now."""
_STATUS: Final = {"question": 200, "done": 200, "on": 200, "unknown": 404, "trouble": 503}


def page(scene: Scene, language: Language, *, status: int | None = None) -> web.Response:
    """`status`: None for the status of the scene."""
    text = _template().render(scene=scene, language=language, say=language.text, style=_style())
    headers = {**_headers(), "Content-Language": language.tag}
    return web.Response(text=text, status=status or _STATUS[scene], content_type="text/html", headers=headers)


@cache
def _headers() -> Mapping[str, str]:
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",  # the address is the permission
        "X-Robots-Tag": "noindex",
    }


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(autoescape=True).from_string(_file("page.html"))


@cache
def _style() -> str:
    return _file("page.css")


def _file(name: str) -> str:
    return (files("api_service.links") / name).read_text("utf-8")
