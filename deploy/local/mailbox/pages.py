"""The pages for people: the newest messages, a search, buttons for faults; live with scripts, usable without."""

from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

from deploy.local.mailbox.faults_in_words import BUTTONS, in_words
from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.store import Message

MAILBOX: Final = web.AppKey("mailbox", Mailbox)
routes: Final = web.RouteTableDef()
_PAGES: Final = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: (files("deploy.local.mailbox") / name).read_text("utf-8")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SHOWN: Final = 200
LOOKED_THROUGH: Final = 5_000
"""Messages that a search looks at, the newest first."""


@routes.get("/")
async def inbox_page(request: web.Request) -> web.Response:
    mailbox, wanted = request.app[MAILBOX], request.query.get("q", "").strip()
    return _page(
        "inbox.html",
        messages=mailbox.messages.found(wanted, most=SHOWN, among=LOOKED_THROUGH),
        store=mailbox.messages,
        wanted=wanted,
        faults=[in_words(fault) for fault in mailbox.faults],
        buttons=BUTTONS.values(),
        shown=SHOWN,
        looked_through=LOOKED_THROUGH,
    )


@routes.post("/faults")
async def press_fault(request: web.Request) -> web.Response:
    """A button of the page. What it asks for takes effect at once."""
    form = await _form(request)
    button = BUTTONS.get(str(form.get("fault", "")))
    if button is None:
        raise web.HTTPUnprocessableEntity(text="no such fault")
    request.app[MAILBOX].fail(button.make(1 if form.get("times") == "once" else None))
    raise web.HTTPSeeOther("/")


@routes.post("/faults/clear")
async def press_clear(request: web.Request) -> web.Response:
    await _form(request)
    await request.app[MAILBOX].recover()
    raise web.HTTPSeeOther("/")


@routes.get("/mailbox.js")
async def script(request: web.Request) -> web.Response:
    text = (files("deploy.local.mailbox") / "mailbox.js").read_text("utf-8")
    return web.Response(text=text, content_type="text/javascript")


@routes.get("/messages/{id}")
async def message_page(request: web.Request) -> web.Response:
    return _page("message.html", message=found(request).to_json())


@routes.get("/messages/{id}/html")
async def html_part(request: web.Request) -> web.Response:
    """The HTML part as it came; the page shows it in a sandbox without scripts."""
    html = found(request).to_json()["html"] or ""
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}
    return web.Response(text=html, content_type="text/html", headers=headers)


def found(request: web.Request) -> Message:
    """The message of the path. Raises HTTPNotFound."""
    message = request.app[MAILBOX].messages.get(request.match_info["id"])
    if message is None:
        raise web.HTTPNotFound(text="no such message")
    return message


async def _form(request: web.Request) -> Any:
    """The fields of a form of this page. Raises HTTPForbidden where another site's page has sent it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    if not (site == "same-origin" if site else urlsplit(origin).netloc == request.host):
        raise web.HTTPForbidden(text="the form was sent by another site")
    return await request.post()


def _page(template: str, **values: Any) -> web.Response:
    text = _PAGES.get_template(template).render(**values)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)
