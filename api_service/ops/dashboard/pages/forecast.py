"""The forecast: which mails wait, which fall due in the next two days, and do they leave in time?"""

from typing import Final

from aiohttp import web

from api_service.ops.core import figures, parked
from api_service.ops.core.actions import By
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import FIGURES, OUTLOOKS
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()


@routes.get("/ops/forecast")
@page
async def forecast_page(request: web.Request, operator: Operator) -> web.Response:
    outlook = await request.app[OUTLOOKS].at_hand(request.app[DATABASE])
    waiting = await request.app[FIGURES].get(figures.PARKED)
    return html(request, "forecast.html", operator, outlook=outlook, parked=waiting)


@routes.post("/ops/forecast/pace")
@action
async def set_pace(request: web.Request, operator: Operator) -> web.StreamResponse:
    form = await form_of(request)
    by = By(operator.subject, text_in(form, "reason"))
    await parked.set_pace(request.app[DATABASE], _per_second(text_in(form, "pace")), by)
    raise web.HTTPSeeOther("/ops/forecast")


def _per_second(text: str | None) -> float | None:
    """None for an empty field: without a limit."""
    if text is None:
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 0 < pace <= parked.FASTEST:
        raise Problem(
            422, "Not accepted", f"The pace must be a number of mails a second, {parked.FASTEST:,.0f} at most."
        )
    return pace
