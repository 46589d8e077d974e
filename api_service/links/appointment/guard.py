"""Opens a link: applies the limit by address, reads the token, loads the appointment; errors are pages, too."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

from aiohttp import web

from api_service.links.appointment.languages import guessed
from api_service.links.appointment.pages import PAGES
from api_service.links.appointment.view_model import Shown, load
from api_service.links.trouble import WAIT, status_of
from api_service.web.forms import form_of
from api_service.web.limits.admission import LIMITS, counts_by_itself
from api_service.web.problems import Problem
from shared.links.appointments import AppointmentTokens
from shared.wording import Language

TOKENS: Final[web.AppKey[AppointmentTokens | None]] = web.AppKey("appointment_tokens")
"""None if no key is set."""
_LANGUAGE: Final = web.RequestKey("language", Language)

Page = Callable[[web.Request, Shown], Awaitable[web.Response]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


def link_page(handler: Page) -> Handler:
    """A page for any bearer of the link of an appointment that has not ended."""

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
        except Exception as error:
            status = status_of(request, error, "/a/{token}")
            if status is None:
                raise
            return await _trouble(request, status)

    return counts_by_itself(answered)


async def _refused(request: web.Request, problem: Problem) -> web.Response:
    """Too many requests, or a form that no browser has sent."""
    name = "too-many" if problem.status == 429 else "refused"
    response = await _message(request, name, problem.status)
    response.headers.update(problem.headers)
    return response


async def _trouble(request: web.Request, status: int) -> web.Response:
    """After a bug it is unknown whether something was changed, so the page does not mention it."""
    if status == 409:
        return await _message(request, "refused", status)
    return await _message(request, "unavailable", status, text="too-many" if status == 500 else "")


async def _message(request: web.Request, name: str, status: int, text: str = "") -> web.Response:
    language = request.get(_LANGUAGE)
    if language is None:
        language = guessed(request, await _said(request))
    return request.app[PAGES].message(name, language, status=status, text=text, wait=WAIT if status == 503 else 0)


async def _said(request: web.Request) -> str:
    """The language that a form of ours has brought back; "" if there is no such form."""
    if request.method != "POST":
        return ""
    try:
        return (await form_of(request)).get("lang", "")[:35]
    except Problem:
        return ""
