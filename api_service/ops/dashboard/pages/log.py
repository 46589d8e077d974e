"""The log: who did what, when?"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionFilter, ActionKind
from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.listing import PERIODS, BadFilter, ListCursor
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.keys import DATABASE
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()
SIZE: Final = 50


@routes.get("/ops/log")
@page
async def log_page(request: web.Request, operator: Operator) -> web.Response:
    query = request.query
    person, period = text_in(query, "person") or "", query.get("period", "")
    kind = query["action"] if query.get("action") in set(ActionKind) else ""
    wanted = ActionFilter(
        operator=person or None,
        action=kind or None,
        since=datetime.now(UTC) - PERIODS[period] if period in PERIODS else None,
    )
    found = await actions.listed(request.app[DATABASE], wanted, after=_after(request), limit=SIZE + 1)
    shown = found[:SIZE]
    after = str(ListCursor(shown[-1].at, shown[-1].id)) if len(found) > SIZE else None
    kept = {"person": person, "action": kind, "period": period}
    return html(
        request,
        "log.html",
        operator,
        rows=shown,
        person=person,
        kind=kind,
        kinds=list(ActionKind),
        period=period,
        periods=PERIODS,
        next_page=request.rel_url.with_query(kept | {"after": after}) if after else None,
    )


def _after(request: web.Request) -> UUID | None:
    try:
        return ListCursor.parse(request.query["after"]).id if request.query.get("after") else None
    except BadFilter as error:
        raise Problem(422, "That list cannot be shown", str(error)) from None
