"""Suppressed addresses."""

from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api_service.ops.core import proposals, suppressions
from api_service.ops.core.actions import By
from api_service.ops.core.filters import ALWAYS
from api_service.ops.dashboard.access import action, page, personal
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.listing import BadFilter, ListCursor
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.profile.schemas import Address
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()
SIZE: Final = 50
_ADDRESS: Final = TypeAdapter[str](Address)
_ALL: Final = "/ops/suppressions"


@routes.get(_ALL)
@page
async def list_suppressions(request: web.Request, operator: Operator) -> web.Response:
    return await _list(request, operator, reason=text_in(request.query, "reason") or "")


@routes.post("/ops/suppressions/find")
@personal
async def find(request: web.Request, operator: Operator) -> web.Response:
    """Posted, so that the address stands in no URL."""
    return await _list(request, operator, address=text_in(await form_of(request), "address", longest=320) or "")


@routes.post(_ALL)
@action
async def suppress(request: web.Request, operator: Operator) -> web.StreamResponse:
    form = await form_of(request)
    reason = text_in(form, "reason", longest=200)
    try:
        address = _ADDRESS.validate_python(text_in(form, "address", longest=320))
    except ValidationError:
        raise Problem(422, "Not accepted", "That is not an e-mail address.") from None
    if reason is None:
        raise Problem(422, "Not accepted", "A suppression needs its reason.")
    await suppressions.suppress(request.app[DATABASE], address, reason, operator=operator.subject)
    raise web.HTTPSeeOther(_ALL)


@routes.post("/ops/suppressions/{id}/allow")
@action
async def allow(request: web.Request, operator: Operator) -> web.StreamResponse:
    database = request.app[DATABASE]
    address = await suppressions.address_of(database, uuid_in_path(request, "suppression"))
    if address is not None:
        await suppressions.allow(database, address, By(operator.subject, text_in(await form_of(request), "reason")))
    raise web.HTTPSeeOther(_ALL)


@routes.post("/ops/suppressions/proposals/{id}/accept")
@action
async def accept(request: web.Request, operator: Operator) -> web.StreamResponse:
    by = By(operator.subject, text_in(await form_of(request), "reason", longest=200))
    await proposals.accept(request.app[DATABASE], uuid_in_path(request, "proposal"), by)
    raise web.HTTPSeeOther(_ALL)


@routes.post("/ops/suppressions/proposals/{id}/dismiss")
@action
async def dismiss(request: web.Request, operator: Operator) -> web.StreamResponse:
    by = By(operator.subject, text_in(await form_of(request), "reason", longest=200))
    await proposals.dismiss(request.app[DATABASE], uuid_in_path(request, "proposal"), by)
    raise web.HTTPSeeOther(_ALL)


async def _list(request: web.Request, operator: Operator, *, address: str = "", reason: str = "") -> web.Response:
    database = request.app[DATABASE]
    found = await suppressions.listed(
        database,
        address=address or None,
        reason=reason or None,
        after=_after(request),
        limit=SIZE + 1,
    )
    shown, after = found.rows[:SIZE], None
    if len(found.rows) > SIZE:
        after = str(ListCursor(shown[-1].since, shown[-1].id))
    elif found.searched_to is not None:
        after = str(ListCursor(ALWAYS, found.searched_to))
    return html(
        request,
        "suppressions.html",
        operator,
        proposed=(await proposals.listed(database, after=None, limit=SIZE)).rows,
        rows=shown,
        skipped=await suppressions.skipped(database, [row.address for row in shown]),
        searched=bool(address),
        reason=reason,
        next_page=request.rel_url.with_query({"reason": reason, "after": after}) if after else None,
    )


def _after(request: web.Request) -> UUID | None:
    try:
        return ListCursor.parse(request.query["after"]).id if request.query.get("after") else None
    except BadFilter as error:
        raise Problem(422, "That list cannot be shown", str(error)) from None
