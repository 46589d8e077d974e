"""Failed jobs by cause: which causes, and what has been done about them?"""

from typing import Final

from aiohttp import web

from api_service.ops.core import actions, causes, figures
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import FIGURES
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE

routes: Final = web.RouteTableDef()


@routes.get("/ops/failed")
@page
async def failed_page(request: web.Request, operator: Operator) -> web.Response:
    by_kind = request.query.get("by") == "kind"
    database = request.app[DATABASE]
    failed = await request.app[FIGURES].get(figures.FAILED)
    groups = failed.by_kind if by_kind else failed.by_cause
    return html(
        request,
        "failed.html",
        operator,
        groups=groups,
        by_kind=by_kind,
        counted=causes.COUNTED,
        most=causes.MOST,
        notes=await causes.notes(database),
        requeues=await actions.last_requeues(database),
        last_failed=None if groups else await causes.last_failed(database),
    )


@routes.post("/ops/failed/note")
@action
async def put_note(request: web.Request, operator: Operator) -> web.StreamResponse:
    form = await form_of(request)
    group = text_in(form, "group")
    if group is not None:
        await causes.write_note(request.app[DATABASE], group, text_in(form, "note"), operator=operator.subject)
    raise web.HTTPSeeOther("/ops/failed")
