"""Asks before many jobs are changed, and shows the result."""

from typing import Final
from uuid import UUID

from aiohttp import web
from multidict import MultiDict, MultiMapping

from api_service.ops.core import confirmations, previews
from api_service.ops.core.actions import By
from api_service.ops.core.confirmations import Change, Choice, Confirmation
from api_service.ops.core.selection import Selection
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import number_in, text_in, uuids_in
from api_service.ops.dashboard.listing import BadFilter, Wanted
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.relay.dispatch import DISPATCH
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem
from shared.jobs.model import State

routes: Final = web.RouteTableDef()
_FILTERS: Final = ("state", "kind", "group", "error", "appointment", "client", "queue", "period", "since", "until")
PACE: Final = 50
"""Jobs a second, unless the operator says otherwise."""
TYPED_FROM: Final = 500
"""A change of more jobs than this is confirmed by typing their number."""


@routes.post("/ops/confirmations")
@action
async def propose(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Takes ticked jobs (`id`), one row's job (`row`), or all that the filters of a list name."""
    choice = _choice(await form_of(request))
    confirmation_id = await confirmations.propose(request.app[DATABASE], choice, session=operator.session)
    raise web.HTTPSeeOther(f"/ops/confirmations/{confirmation_id}")


def _choice(form: MultiMapping[str]) -> Choice:
    """Raises Problem 422."""
    row = text_in(form, "row")
    change, _, job_id = row.partition(" ") if row else (text_in(form, "action") or "", "", "")
    ids = uuids_in(MultiDict(id=job_id), "id") if job_id else uuids_in(form, "id")
    if change not in set(Change):
        raise Problem(422, "That cannot be done", "Jobs can be requeued or cancelled.")
    return Choice(Change(change), Selection(ids=ids) if ids else _all_that_match(form, Change(change)))


def _all_that_match(form: MultiMapping[str], change: Change) -> Selection:
    try:
        wanted = Wanted.parse({name: value for name, value in form.items() if name in _FILTERS})
    except BadFilter as error:
        raise Problem(422, "That cannot be done", str(error)) from None
    if not wanted.is_a_set:
        raise Problem(422, "Nothing was selected", "Go back and tick jobs, or narrow the list by a filter.")
    return Selection(
        state=State.FAILED if change is Change.REQUEUE else wanted.state or None,
        kind=wanted.kind or None,
        appointment_id=wanted.appointment_id,
        client_id=wanted.client or None,
        error=wanted.error or None,
        group=wanted.group or None,
    )


@routes.get("/ops/confirmations/{id}")
@page
async def ask(request: web.Request, operator: Operator) -> web.Response:
    asked = _found(await _asked(request, operator))
    database = request.app[DATABASE]
    if asked.used_at is not None:
        progress = await confirmations.progress(database, asked)
        return html(request, "confirmed.html", operator, asked=asked, progress=progress)
    return await _question(request, operator, asked)


async def _question(
    request: web.Request, operator: Operator, asked: Confirmation, *, anew: bool = False, reason: str | None = None
) -> web.Response:
    """`anew`: it takes the place of an earlier session's question; `reason`: typed there."""
    database = request.app[DATABASE]
    sample = await confirmations.sample(database, asked)
    tellings = await previews.tellings(database, request.app[LANGUAGES], sample)
    return html(
        request,
        "confirm.html",
        operator,
        asked=asked,
        tellings=tellings,
        pace=PACE,
        typed_from=TYPED_FROM,
        anew=anew,
        reason=reason,
    )


@routes.post("/ops/confirmations/{id}")
@action
async def confirm(request: web.Request, operator: Operator) -> web.StreamResponse:
    asked, form = await _asked(request, operator), await form_of(request)
    if asked is None:
        return await _ask_anew(request, operator, form)
    unsure_too = "unsure" in form
    jobs = asked.sure + (asked.unsure if unsure_too else 0)
    if jobs == 0:
        raise Problem(422, "Nothing to do", "All that is left may have arrived already: tick the box to include it.")
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


async def _ask_anew(request: web.Request, operator: Operator, form: MultiMapping[str]) -> web.Response:
    """The question of an earlier session, whose form says what was chosen: counted and asked again in this one. Raises
    Problem 404."""
    if "action" not in form:
        _found(None)
    choice, reason = _choice(form), text_in(form, "reason")
    confirmation_id = await confirmations.propose(request.app[DATABASE], choice, session=operator.session)
    asked = await _of(request, operator, confirmation_id)
    return await _question(request, operator, _found(asked), anew=True, reason=reason)


async def _asked(request: web.Request, operator: Operator) -> Confirmation | None:
    return await _of(request, operator, uuid_in_path(request, "confirmation"))


async def _of(request: web.Request, operator: Operator, confirmation_id: UUID) -> Confirmation | None:
    return await confirmations.find(request.app[DATABASE], confirmation_id, session=operator.session)


def _found(asked: Confirmation | None) -> Confirmation:
    if asked is None:
        raise Problem(404, "Nothing to confirm here", "It was asked for in another session.")
    return asked
