"""Switches reminder e-mails off by the link that they carry (RFC 8058), and on again: GET shows a form, only POST
changes.

Link checkers and previews open every link of a mail; so opening must not change anything. Mail programs send the POST
themselves, without a session and without asking, and follow no redirect. So every POST ends the reminders, but for that
of the form that turns them on again. The token is the permission: it does nothing but this.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

from aiohttp import web

from api_service.links.appointment.languages import guessed
from api_service.links.pages import Scene, page
from api_service.links.trouble import WAIT, status_of
from api_service.profile import store
from api_service.profile.store import Profile
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE, LANGUAGES
from api_service.web.openapi.operation import operation
from api_service.web.problems import Problem
from shared.links.unsubscribe import PATH, UnsubscribeTokens

routes: Final = web.RouteTableDef()
UNSUBSCRIBE: Final[web.AppKey[UnsubscribeTokens | None]] = web.AppKey("unsubscribe")
"""None if UNSUBSCRIBE_KEY is not set."""


Handler = Callable[[web.Request], Awaitable[web.Response]]


def _page_in_trouble(handler: Handler) -> Handler:
    """Shows an outage or a bug as a page in the browser's language: the client's may be unknown then."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Exception as error:
            status = status_of(request, error, PATH + "{token}")
            if status is None:
                raise
            response = page("trouble", guessed(request), status=status)
            if status == 503:
                response.headers["Retry-After"] = str(WAIT)
            return response

    return answered


@routes.get(PATH + "{token}")
@operation("Show the form that ends reminder e-mails", status=(200, 404, 409, 503), media="text/html")
@_page_in_trouble
async def show_form(request: web.Request) -> web.Response:
    """For people: the link of a reminder leads here. Opening it changes nothing. Who has ended the reminders already
    sees the form that turns them on again."""
    client_id = _client(request)
    if client_id is None:
        return _page(request, "unknown", None)
    client = await store.get(request.app[DATABASE], client_id)
    has_ended = client is not None and not client.email_reminders
    return _page(request, "done" if has_ended else "question", client)


@routes.post(PATH + "{token}")
@operation("End reminder e-mails for one client, or turn them on again", status=(200, 404, 409, 503), media="text/html")
@_page_in_trouble
async def unsubscribe(request: web.Request) -> web.Response:
    """For the forms, and for mail programs, which send it by themselves (RFC 8058). The field `reminders=on` turns
    reminder e-mails on again; anything else, or nothing, ends them."""
    client_id = _client(request)
    if client_id is None:
        return _page(request, "unknown", None)
    wanted = await _wants_reminders(request)
    client = await store.set_reminders(request.app[DATABASE], client_id, wanted=wanted)
    return _page(request, "on" if wanted else "done", client)


async def _wants_reminders(request: web.Request) -> bool:
    """False for a body that is no form of ours: mail programs may send one of any kind."""
    try:
        form = await form_of(request)
    except Problem:
        return False
    return form.get("reminders") == "on"


def _page(request: web.Request, scene: Scene, client: Profile | None) -> web.Response:
    """`client`: the client of the reminders; None if the client is unknown, or must not be revealed."""
    return page(scene, request.app[LANGUAGES].of(client.locale if client else ""))


def _client(request: web.Request) -> str | None:
    tokens = request.app[UNSUBSCRIBE]
    return None if tokens is None else tokens.client_of(request.match_info["token"])
