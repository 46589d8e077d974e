"""Dead letters: messages that could not be read, whole and raw."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from api_service.ops.core import dead_letters
from api_service.ops.core import jobs as store
from api_service.ops.core.actions import By
from api_service.ops.core.filters import LetterFilter
from api_service.ops.dashboard.access import action, page
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.listing import PERIODS, BadFilter, ListCursor
from api_service.ops.dashboard.reading import read_again
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.payloads import uuid_in_path
from api_service.web.problems import Problem

routes: Final = web.RouteTableDef()
SIZE: Final = 50
REASONS: Final = ("unreadable", "unknown version", "unknown kind", "unknown job", "unrecordable")
"""As notifier_service/consuming/dead_letters.py gives them."""


@routes.get("/ops/dead-letters")
@page
async def list_letters(request: web.Request, operator: Operator) -> web.Response:
    query = request.query
    period = query.get("period", "")
    reason = query.get("reason", "") if query.get("reason") in REASONS else ""
    since = datetime.now(UTC) - PERIODS[period] if period in PERIODS else None
    discarded = "discarded" in query
    try:
        cursor = ListCursor.parse(query["after"]) if query.get("after") else None
    except BadFilter as error:
        raise Problem(422, "That list cannot be shown", str(error)) from None
    wanted = LetterFilter(reason=reason or None, since=since, discarded=discarded)
    found = await dead_letters.listed(request.app[DATABASE], wanted, after=cursor, limit=SIZE + 1, bodies=False)
    letters = found[:SIZE]
    after = ListCursor(letters[-1].received_at, letters[-1].id) if len(found) > SIZE else None
    kept = {"reason": reason, "period": period} | ({"discarded": "1"} if discarded else {})
    return html(
        request,
        "dead_letters.html",
        operator,
        letters=letters,
        next_page=request.rel_url.with_query(kept | {"after": str(after)}) if after else None,
        reason=reason,
        reasons=REASONS,
        period=period,
        periods=PERIODS,
        discarded=discarded,
    )


@routes.get("/ops/dead-letters/{id}")
@page
async def one_letter(request: web.Request, operator: Operator) -> web.Response:
    database, letter_id = request.app[DATABASE], uuid_in_path(request, "dead letter")
    letter = await dead_letters.one(database, letter_id)
    if letter is None:
        raise Problem(404, "No such dead letter")
    reading = read_again(letter.body)
    job = await store.job(database, reading.ticket.job_id) if reading.ticket else None
    return html(request, "dead_letter.html", operator, letter=letter, reading=reading, job=job)


@routes.post("/ops/dead-letters/{id}/discard")
@action
async def discard(request: web.Request, operator: Operator) -> web.StreamResponse:
    letter_id = uuid_in_path(request, "dead letter")
    by = By(operator.subject, text_in(await form_of(request), "reason"))
    await dead_letters.discard(request.app[DATABASE], letter_id, by)
    raise web.HTTPSeeOther(f"/ops/dead-letters/{letter_id}")
