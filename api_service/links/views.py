"""Switches reminder e-mails off by the link that they carry (RFC 8058): GET shows a form, only POST changes.

Link checkers and previews open every link of a mail; so opening must not change anything. Mail programs send the POST
themselves, without a session and without asking, and follow no redirect. The token is the permission: it does nothing
but this, and the client can undo it in their profile.
"""

from typing import Final

from aiohttp import web

from api_service.links.pages import page
from api_service.profile import store
from api_service.web.keys import DATABASE
from api_service.web.openapi.operation import operation
from shared.links.unsubscribe import PATH, UnsubscribeTokens

routes: Final = web.RouteTableDef()
UNSUBSCRIBE: Final[web.AppKey[UnsubscribeTokens | None]] = web.AppKey("unsubscribe")
"""None where UNSUBSCRIBE_KEY is not set."""


@routes.get(PATH + "{token}")
@operation("Show the form that ends reminder e-mails", status=(200, 404), media="text/html")
async def show_form(request: web.Request) -> web.Response:
    """For people: the link of a reminder leads here. Opening it changes nothing."""
    client_id = _client(request)
    if client_id is None:
        return page("unknown", None)
    return page("question", await store.get(request.app[DATABASE], client_id))


@routes.post(PATH + "{token}")
@operation("End reminder e-mails for one client", status=(200, 404), media="text/html")
async def unsubscribe(request: web.Request) -> web.Response:
    """For the form, and for mail programs, which send it by themselves (RFC 8058)."""
    client_id = _client(request)
    if client_id is None:
        return page("unknown", None)
    return page("done", await store.opt_out(request.app[DATABASE], client_id))


def _client(request: web.Request) -> str | None:
    tokens = request.app[UNSUBSCRIBE]
    return None if tokens is None else tokens.client_of(request.match_info["token"])
