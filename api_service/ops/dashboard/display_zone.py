"""Chooses the time zone of the dashboard's times: UTC, or that of a clinic; a cookie keeps it."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from aiohttp import web

from api_service.web.browsers import cookie_in
from shared.people import zones

ZONE_COOKIE: Final = "ops_zone"
DEFAULT: Final = "UTC"
CLINIC_ZONES: Final = web.RequestKey("clinic_zones", Sequence[str])
"""The zones of the clinics' doctors, the most frequent first."""


def chosen(request: web.Request) -> tzinfo:
    """The zone of the reader's cookie; UTC if there is none, or its zone is unknown."""
    return named(cookie_in(request, ZONE_COOKIE)) or UTC


def choices(request: web.Request) -> Sequence[str]:
    """The names that the reader can choose from: UTC, the clinics' zones, and the one that is chosen."""
    current = getattr(chosen(request), "key", DEFAULT)
    return list(dict.fromkeys([DEFAULT, *request.get(CLINIC_ZONES, ()), current]))


def named(name: str | None) -> tzinfo | None:
    """The zone of a name; None if there is no such zone.

    >>> named("UTC"), named("Mars/Base")
    (datetime.timezone.utc, None)
    """
    if name is None or name == DEFAULT:
        return UTC
    return zones.zone(name) if name in zones.names() else None
