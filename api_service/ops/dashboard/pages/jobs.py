"""The list of jobs: where is this notification?"""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.ops.core import figures, job_lists
from api_service.ops.core.filters import WAITING
from api_service.ops.dashboard import chips
from api_service.ops.dashboard.access import page
from api_service.ops.dashboard.listing import BadFilter, ListCursor, Wanted
from api_service.ops.dashboard.pages.job import STEPS
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.keys import FIGURES
from api_service.web.keys import DATABASE
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()


@routes.get("/ops/jobs")
@page
async def list_jobs(request: web.Request, operator: Operator) -> web.Response:
    wanted = _wanted(request)
    database = request.app[DATABASE]
    found = await job_lists.page(database, wanted.tab(datetime.now(UTC)))
    return html(
        request,
        "jobs.html",
        operator,
        wanted=wanted,
        found=found,
        next_page=None if found.after is None else wanted.url(after=ListCursor(found.after.moment, found.after.id)),
        counts=await request.app[FIGURES].get(figures.COUNTS),
        choices=chips.choices(wanted),
        typed=chips.typed(wanted),
        waiting=wanted.state in WAITING,
        steps=request.app[STEPS],
        window=job_lists.WINDOW,
    )


def _wanted(request: web.Request) -> Wanted:
    try:
        return Wanted.parse(request.query)
    except BadFilter as error:
        raise Problem(422, "That list cannot be shown", str(error)) from None
