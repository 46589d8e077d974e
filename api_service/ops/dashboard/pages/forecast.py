"""The forecast: which mails fall due in the next two days, and do they leave in time?"""

from typing import Final

from aiohttp import web

from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import OUTLOOKS
from api_service.web.keys import DATABASE

routes: Final = web.RouteTableDef()


@routes.get("/ops/forecast")
@page
async def forecast_page(request: web.Request, operator: Operator) -> web.Response:
    outlook = await request.app[OUTLOOKS].newest(request.app[DATABASE])
    return html(request, "forecast.html", operator, outlook=outlook)
