"""Asks before many jobs are changed, and shows what came of it."""

from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.ops.dashboard import confirmations
from api_service.ops.dashboard.access import action, came_from, page
from api_service.ops.dashboard.confirmations import TYPED_FROM, Choice, Confirmation
from api_service.ops.dashboard.forms import number_in, text_in, uuids_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.relay.dispatch import DISPATCH
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem
from shared.jobs.model import Kind

routes: Final = web.RouteTableDef()
PACE: Final = 50
"""Jobs a second, unless the operator says otherwise."""


@routes.post("/ops/confirmations")
@action
async def propose(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Takes ticked jobs (`id`), or failed ones by `group`, `kind` or both."""
    form = await form_of(request)
    kind = text_in(form, "kind")
    if kind is not None and kind not in set(Kind):
        raise Problem(422, "That cannot be done", "There is no such kind of job.")
    choice = Choice(text_in(form, "action") or "", uuids_in(form, "id"), text_in(form, "group"), kind)
    if choice.action not in ("requeue", "cancel") or (choice.action == "cancel" and not choice.ids):
        raise Problem(422, "That cannot be done", "Nothing was selected.")
    if not (choice.ids or choice.group or choice.kind):
        raise web.HTTPSeeOther(came_from(request))
    confirmation_id = await confirmations.propose(request.app[DATABASE], operator, choice)
    raise web.HTTPSeeOther(f"/ops/confirmations/{confirmation_id}")


@routes.get("/ops/confirmations/{id}")
@page
async def ask(request: web.Request, operator: Operator) -> web.Response:
    asked = await _asked(request, operator)
    done = asked.used_at is not None
    progress = await confirmations.progress(request.app[DATABASE], asked) if done else {}
    template = "confirmed.html" if done else "confirm.html"
    return html(request, template, operator, asked=asked, progress=progress, pace=PACE, typed_from=TYPED_FROM)


@routes.post("/ops/confirmations/{id}")
@action
async def confirm(request: web.Request, operator: Operator) -> web.StreamResponse:
    asked, form = await _asked(request, operator), await form_of(request)
    unsure_too = "unsure" in form
    jobs = asked.sure + (asked.outline.get("unsure", 0) if unsure_too else 0)
    if jobs > TYPED_FROM and (text_in(form, "typed") or "").replace(",", "") != str(jobs):
        raise Problem(422, "Not confirmed", f"Above {TYPED_FROM} jobs their number is typed: {jobs}.")
    await confirmations.carry_out(
        request.app[DATABASE],
        request.app[DISPATCH],
        operator,
        asked,
        unsure_too=unsure_too,
        per_second=number_in(form, "pace", otherwise=PACE, least=1, most=1000),
        reason=text_in(form, "reason"),
    )
    raise web.HTTPSeeOther(f"/ops/confirmations/{asked.id}")


async def _asked(request: web.Request, operator: Operator) -> Confirmation:
    confirmation_id: UUID = uuid_in_path(request, "confirmation")
    asked = await confirmations.find(request.app[DATABASE], operator, confirmation_id)
    if asked is None:
        raise Problem(404, "Nothing to confirm here", "It was asked for in another session.")
    return asked
