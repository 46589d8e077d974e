"""Opens a link: who asks is counted by address, the token is read, the appointment loaded; errors are pages, too."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

import structlog
from aiohttp import web

from api_service.links.appointment.languages import guessed
from api_service.links.appointment.pages import PAGES
from api_service.links.appointment.view_model import Shown, load
from api_service.web.forms import form_of
from api_service.web.limits.admission import LIMITS, counts_by_itself
from api_service.web.middlewares import REQUEST_ID
from api_service.web.problems import Problem
from shared.errors import Contention, ItemRefused, Unavailable
from shared.links.appointments import AppointmentTokens
from shared.people.zones import UnknownZone
from shared.process.internal_errors import item_refused
from shared.wording import Language

log = structlog.get_logger("api_service.links")

TOKENS: Final[web.AppKey[AppointmentTokens | None]] = web.AppKey("appointment_tokens")
"""None where no key is set."""
_LANGUAGE: Final = web.RequestKey("language", Language)
_WAIT: Final = 5
"""Seconds after which a page asks people to try again."""

Page = Callable[[web.Request, Shown], Awaitable[web.Response]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


def link_page(handler: Page) -> Handler:
    """A page for whoever has the link of an appointment that has not ended."""

    async def opened(request: web.Request) -> web.Response:
        request.app[LIMITS].address(request)
        tokens = request.app[TOKENS]
        appointment_id = None if tokens is None else tokens.appointment_of(request.match_info["token"])
        shown = None if appointment_id is None else await load(request.app, appointment_id)
        if shown is None:
            return request.app[PAGES].message("invalid", guessed(request), status=404)
        request[_LANGUAGE] = shown.language
        if shown.ended:
            return request.app[PAGES].message("past", shown.language, text="begun", status=410)
        return await handler(request, shown)

    @wraps(handler)
    async def answered(request: web.Request) -> web.Response:
        try:
            return await opened(request)
        except Problem as problem:
            return await _refused(request, problem)
        except (Unavailable, Contention, UnknownZone) as error:
            log.warning("appointment page unavailable", request_id=request[REQUEST_ID], error=str(error))
            return await _message(request, "unavailable", 503)
        except ItemRefused as error:
            item_refused("http", error, request_id=request[REQUEST_ID], route="/a/{token}")
            return await _message(request, "refused", 409)

    return counts_by_itself(answered)


async def _refused(request: web.Request, problem: Problem) -> web.Response:
    """Too many requests, or a form that no browser has sent."""
    name = "too-many" if problem.status == 429 else "refused"
    response = await _message(request, name, problem.status)
    response.headers.update(problem.headers)
    return response


async def _message(request: web.Request, name: str, status: int) -> web.Response:
    language = request.get(_LANGUAGE)
    if language is None:
        language = guessed(request, await _said(request))
    return request.app[PAGES].message(name, language, status=status, wait=_WAIT if status == 503 else 0)


async def _said(request: web.Request) -> str:
    """The language that a form of ours has brought back; "" where there is no such form."""
    if request.method != "POST":
        return ""
    try:
        return (await form_of(request)).get("lang", "")[:35]
    except Problem:
        return ""
