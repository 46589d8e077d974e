"""The search of every page: an id or a part of it, a client, an address, words of an error."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from api_service.ops.core import finding
from api_service.ops.core import jobs as store
from api_service.ops.core.finding import Found
from api_service.ops.dashboard.access import personal
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.listing import Wanted
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from shared.database import Executor

routes: Final = web.RouteTableDef()


@routes.post("/ops/search")
@personal
async def search(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Posted, so that an address stands in no URL, and in no proxy's log."""
    text = text_in(await form_of(request), "q") or ""
    if not text:
        raise web.HTTPSeeOther(Wanted().url())
    found = await _found(request.app[DATABASE], text)
    if len(found) == 1:
        raise web.HTTPSeeOther(_place(found[0]))
    if not found and "@" not in text and not _is_id(text):
        raise web.HTTPSeeOther(Wanted(state="failed", error=text).url())
    places = [(each, _place(each)) for each in found]
    return html(request, "searched.html", operator, text=text, places=places, most=finding.MOST)


async def _found(executor: Executor, text: str) -> Sequence[Found]:
    if "@" in text:
        clients = [Found("client", each, "") for each in await store.clients_by_address(executor, text)]
        if clients:
            return clients
    return await finding.by_id(executor, text) or await finding.by_part(executor, text)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _place(found: Found) -> str:
    if found.what == "client":
        return Wanted(client=found.id).url()
    rooms = {"job": "jobs", "appointment": "appointments", "doctor": "agenda"}
    return f"/ops/{rooms[found.what]}/{quote(found.id, safe='')}"
