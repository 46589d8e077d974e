"""Reads browsers' headers, whatever bytes they hold: cookies, and the addresses of pages."""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from api_service.web.limits.proxies import PROXIES

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
