"""Reads browsers' headers, whatever bytes they hold: cookies, and the addresses of pages."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from api_service.web.limits.proxies import PROXIES

_QUALITY: Final = re.compile(r"[01](\.\d{0,3})?", re.ASCII)
_NOWHERE: Final = SplitResult("", "", "", "", "")


def cookie_in(request: web.Request, name: str) -> str | None:
    """A cookie's value. None also for a value that no server of ours has set: all of ours are ASCII."""
    value = request.cookies.get(name)
    return value if value and value.isascii() else None


def address_parts(address: str) -> SplitResult:
    """The parts of a URL or a path; all empty when it is invalid (urlsplit raises for some)."""
    try:
        return urlsplit(address)
    except ValueError:
        return _NOWHERE


def is_https(request: web.Request) -> bool:
    """Whether the browser speaks https, to us or to a trusted proxy (TRUSTED_PROXIES) before us."""
    return request.app[PROXIES].https(request)


def wants_html(request: web.Request) -> bool:
    """Whether a browser asks: it names text/html, and likes nothing of JSON better (RFC 9110 §12.5.1)."""
    return prefers_html(request.headers.get("Accept", ""))


def prefers_html(accept: str) -> bool:
    """
    >>> prefers_html("text/html,application/xhtml+xml,*/*;q=0.8"), prefers_html("*/*"), prefers_html("text/html;q=0")
    (True, False, False)
    """
    likes = dict(map(_media_range, accept.split(",")))
    html = likes.get("text/html", 0.0)
    return html > 0 and html >= max(likes.get("application/json", 0.0), likes.get("application/problem+json", 0.0))


def _media_range(text: str) -> tuple[str, float]:
    """A media range and how much it is liked; not at all where that is not said in numbers."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return kind, float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
    return kind, 1.0
