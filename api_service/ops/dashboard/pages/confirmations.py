"""Asks before many jobs are changed, and shows what came of it."""

from typing import Final
from uuid import UUID

from aiohttp import web
from multidict import MultiMapping

from api_service.ops.core import confirmations
from api_service.ops.core.actions import By
from api_service.ops.core.confirmations import Change, Choice, Confirmation
from api_service.ops.core.selection import Selection
from api_service.ops.dashboard.access import action, came_from, page
from api_service.ops.dashboard.forms import number_in, text_in, uuids_in
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.relay.dispatch import DISPATCH
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem
from shared.jobs.model import Kind, State

routes: Final = web.RouteTableDef()
PACE: Final = 50
"""Jobs a second, unless the operator says otherwise."""
TYPED_FROM: Final = 500
"""A change of more jobs than this is confirmed by typing their number."""


@routes.post("/ops/confirmations")
@action
async def propose(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Takes ticked jobs (`id`), or failed ones by `group`, `kind` or both."""
    form = await form_of(request)
    which = _selection(form)
    change = _change(form, which)
    if which is None:
        raise web.HTTPSeeOther(came_from(request))
    confirmation_id = await confirmations.propose(
        request.app[DATABASE], Choice(change, which), session=operator.session
    )
    raise web.HTTPSeeOther(f"/ops/confirmations/{confirmation_id}")


def _selection(form: MultiMapping[str]) -> Selection | None:
    """None where the form names nothing."""
    ids, group, kind = uuids_in(form, "id"), text_in(form, "group"), text_in(form, "kind")
    if kind is not None and kind not in set(Kind):
        raise Problem(422, "That cannot be done", "There is no such kind of job.")
    if ids:
        return Selection(ids=ids)
    return Selection(state=State.FAILED, kind=kind, group=group) if group or kind else None


def _change(form: MultiMapping[str], which: Selection | None) -> Change:
    change = text_in(form, "action")
    if change not in set(Change) or (change == Change.CANCEL and (which is None or which.ids is None)):
        raise Problem(422, "That cannot be done", "Nothing was selected.")
    return Change(change)


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
    jobs = asked.sure + (asked.unsure if unsure_too else 0)
    if jobs > TYPED_FROM and (text_in(form, "typed") or "").replace(",", "") != str(jobs):
        raise Problem(422, "Not confirmed", f"Above {TYPED_FROM} jobs their number is typed: {jobs}.")
    await confirmations.carry_out(
        request.app[DATABASE],
        request.app[DISPATCH],
        asked,
        By(operator.subject, text_in(form, "reason")),
        session=operator.session,
        unsure_too=unsure_too,
        per_second=number_in(form, "pace", otherwise=PACE, least=1, most=1000),
    )
    raise web.HTTPSeeOther(f"/ops/confirmations/{asked.id}")


async def _asked(request: web.Request, operator: Operator) -> Confirmation:
    confirmation_id: UUID = uuid_in_path(request, "confirmation")
    asked = await confirmations.find(request.app[DATABASE], confirmation_id, session=operator.session)
    if asked is None:
        raise Problem(404, "Nothing to confirm here", "It was asked for in another session.")
    return asked
