"""Puts the dashboard into an application."""

from typing import Final

from aiohttp import web

from api_service.ops.dashboard import assets
from api_service.ops.dashboard.access import HOME, known_operator, open_page
from api_service.ops.dashboard.pages import (
    agenda,
    appointment,
    confirmations,
    dead_letters,
    failed,
    forecast,
    job,
    jobs,
    log,
    overview,
    provider_sign_in,
    queues,
    record,
    search,
    sign_in,
    suppressions,
)
from api_service.web.problems import Problem

_PAGES: Final = (
    sign_in,
    provider_sign_in,
    overview,
    search,
    jobs,
    job,
    appointment,
    agenda,
    record,
    failed,
    confirmations,
    dead_letters,
    queues,
    forecast,
    suppressions,
    log,
)


def add_dashboard(app: web.Application, *, retry_steps: int) -> None:
    """Adds every page, and an error page for unknown paths."""
    app[job.STEPS] = retry_steps
    app.router.add_get("/ops/static/{version}/{name}", open_page(assets.asset))
    for part in _PAGES:
        app.add_routes(part.routes)
    app.router.add_get("/hangfire", _moved)
    app.router.add_get("/hangfire/{rest:.*}", _moved)
    app.router.add_get("/ops/{rest:.*}", _nothing)


@open_page
async def _moved(request: web.Request) -> web.StreamResponse:
    """The path of this dashboard's predecessor."""
    raise web.HTTPMovedPermanently(HOME)


@open_page
async def _nothing(request: web.Request) -> web.StreamResponse:
    if not request.match_info["rest"]:
        raise web.HTTPMovedPermanently(HOME)
    await known_operator(request)
    raise Problem(404, "No such page", "Nothing of the dashboard has this address.")
