"""The list of jobs: where is this notification?"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.ops.core import job_lists, stats
from api_service.ops.core import jobs as store
from api_service.ops.core.filters import WAITING
from api_service.ops.dashboard import chips
from api_service.ops.dashboard.access import page, personal
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.listing import BadFilter, ListCursor, Wanted
from api_service.ops.dashboard.pages.job import STEPS
from api_service.ops.dashboard.recent import RECENT
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.forms import form_of
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
        counts=await request.app[RECENT].get("counts", lambda: stats.about(database)),
        choices=chips.choices(wanted),
        typed=chips.typed(wanted),
        waiting=wanted.state in WAITING,
        steps=request.app[STEPS],
        window=job_lists.WINDOW,
    )


@routes.post("/ops/search")
@personal
async def search(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Posted, so that an address stands in no URL, and in no proxy's log."""
    text = text_in(await form_of(request), "q") or ""
    target = await _meaning(request, text)
    if target is None:
        return html(request, "searched.html", operator, clients=await _clients(request, text))
    raise web.HTTPSeeOther(target)


async def _meaning(request: web.Request, text: str) -> str | None:
    """Where what was searched for can be seen; None where it may be several."""
    database = request.app[DATABASE]
    if not text:
        return "/ops/jobs"
    try:
        some_id = UUID(text)
    except ValueError:
        pass
    else:
        what = await store.what_is(database, some_id)
        return f"/ops/{'appointments' if what == 'appointment' else 'jobs'}/{some_id}"
    if "@" in text:
        clients = await store.clients_by_address(database, text)
        return Wanted(client=clients[0]).url() if len(clients) == 1 else None
    if await store.is_client(database, text):
        return Wanted(client=text).url()
    return Wanted(state="failed", error=text).url()


async def _clients(request: web.Request, text: str) -> list[str]:
    return await store.clients_by_address(request.app[DATABASE], text)


def _wanted(request: web.Request) -> Wanted:
    try:
        return Wanted.parse(request.query)
    except BadFilter as error:
        raise Problem(422, "That list cannot be shown", str(error)) from None
