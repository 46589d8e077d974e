"""Sets the pages of unsubscribing: without scripts, without any other host, in the client's language."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import jinja2
from aiohttp import web

from api_service.profile.store import Profile

Scene = Literal["question", "done", "unknown"]
_STATUS: Final = {"question": 200, "done": 200, "unknown": 404}


def page(scene: Scene, client: Profile | None) -> web.Response:
    """`client` is whose reminders it is about; None where nobody knows them, or may know that they exist."""
    language, words = _words(client.locale if client else "en")
    text = _template().render(language=language, words=words[scene], asks=scene == "question", style=_style())
    return web.Response(text=text, status=_STATUS[scene], content_type="text/html", headers=_headers())


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


def _words(locale: str) -> tuple[str, Mapping[str, Any]]:
    known, language = _texts(), locale.partition("-")[0].lower()
    return (language, known[language]) if language in known else ("en", known["en"])


@cache
def _texts() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_file("texts.toml"))


def _file(name: str) -> str:
    return (files("api_service.links") / name).read_text("utf-8")
