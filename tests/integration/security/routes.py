"""Every route of the API, as tests that are generated over all of them see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from tests.support.tokens import SECRET

ROLES: Final = frozenset({"client", "staff", "ops", "ops:read"})
FRONT_PAGE: Final = "/"
"""The page that links to the others; no path below it."""
WITHOUT_TOKEN: Final = (
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/unsubscribe/",  # signed with a key and purpose of its own
    "/a/",  # the same: the link of one appointment
    "/api/doctors/{id}/calendar.ics",  # a secret key in the query: calendars can send no header
    "/ops",  # the dashboard: a cookie session, and tests of its own
    "/hangfire",
)
"""What may be called without a bearer token, with all below it; another route must ask for one."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str  # with its parameters in braces
    roles: tuple[str, ...] | None  # None: no token is asked for; (): any token

    @property
    def is_public(self) -> bool:
        return self.path == FRONT_PAGE or any(
            self.path == open_ or self.path.startswith(open_.rstrip("/") + "/") for open_ in WITHOUT_TOKEN
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> list[Route]:
    """All of them, HEAD included."""
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
    return list(_of(create_app(settings, on_failure=lambda: None)))


def guarded(*, below: str = "/", method: str | None = None) -> list[Route]:
    """Those that ask for a token."""
    return [
        route
        for route in routes()
        if not route.is_public and route.path.startswith(below) and method in (None, route.method)
    ]


def _of(app: web.Application) -> Iterator[Route]:
    for route in app.router.routes():
        path = "" if route.resource is None else route.resource.canonical
        yield Route(route.method, path, getattr(route.handler, "required_roles", None))
