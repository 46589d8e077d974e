"""The overview: is mail going out?"""

from typing import Final

from aiohttp import web

from api_service.keys import DATABASE
from api_service.ops.dashboard.access import HOME, page
from api_service.ops.dashboard.frame import RECENT
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.dashboard.store import overview

routes: Final = web.RouteTableDef()


@routes.get(HOME)
@page
async def overview_page(request: web.Request, operator: Operator) -> web.Response:
    database = request.app[DATABASE]
    counts = await request.app[RECENT].get("counts", lambda: overview.counts(database))
    return html(request, "overview.html", operator, counts=counts)
