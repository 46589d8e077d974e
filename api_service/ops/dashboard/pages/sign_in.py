"""Signing in with an ops token, out again, and the reader's own view."""

from typing import Final

import structlog
from aiohttp import web

from api_service.identity.bearer import AUTHENTICATOR, OPS, OPS_READ, Identity
from api_service.ops.dashboard import display_zone, provider_sessions, sessions
from api_service.ops.dashboard.access import (
    HOME,
    SIGN_IN,
    came_from,
    check_origin,
    forget_session_cookie,
    inside,
    kept_form_in,
    open_page,
    personal,
    session_cookie,
    set_session_cookie,
)
from api_service.ops.dashboard.forms import text_in
from api_service.ops.dashboard.rendering import THEME_COOKIE, THEMES, html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.dashboard.sign_in_form import PROVIDER, name_of, sign_in_form
from api_service.web.browsers import is_https
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.problems import Problem

log = structlog.get_logger("api_service.ops")

routes: Final = web.RouteTableDef()
_A_YEAR: Final = 31_536_000


@routes.get(SIGN_IN)
@open_page
async def sign_in_page(request: web.Request) -> web.Response:
    target = request.query.get("next")
    return sign_in_form(request, inside(target), ended=(target or HOME) != HOME)


@routes.post(SIGN_IN)
@open_page
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Exchanges a token for a session cookie that ends with it. One answer to everything that does not open. A form
    whose session had ended is shown once more; nothing is done before it is sent again."""
    check_origin(request)
    form = await form_of(request)
    target = inside(form.get("next"))
    kept = kept_form_in(form)
    identity = await _identity(request, form.get("token"))
    if identity is None:
        return sign_in_form(request, target, status=401, refused=True, unchanged=kept is not None, kept=kept)
    session_id = await sessions.open_session(request.app[DATABASE], identity, replaces=session_cookie(request))
    log.info("operator signed in", operator=identity.subject, roles=sorted(identity.roles), by="token")
    response: web.Response = web.HTTPSeeOther(target)
    if kept is not None:
        operator = Operator.opened(session_id, identity)
        response = html(request, "again.html", operator, kept=kept, target=target)
    set_session_cookie(request, response, session_id, identity.expires_at)
    if isinstance(response, web.HTTPException):
        raise response
    return response


@routes.post("/ops/sign-out")
@personal
async def sign_out(request: web.Request, operator: Operator) -> web.StreamResponse:
    """Ends the session here. Where the provider has vouched for it, the browser goes on to end the provider's, too:
    from a page, since `form-action 'self'` forbids to be sent on from a form."""
    address = await _close(request, operator)
    if address is None:
        response = web.HTTPSeeOther(SIGN_IN)
        forget_session_cookie(request, response)
        raise response
    words = f"Sign out at {name_of(request.app[PROVIDER])}, too"
    answer = html(request, "continue.html", None, extra={"Refresh": f"0; url={address}"}, target=address, words=words)
    forget_session_cookie(request, answer)
    return answer


@routes.post("/ops/theme")
@personal
async def choose_theme(request: web.Request, operator: Operator) -> web.StreamResponse:
    theme = (await form_of(request)).get("theme")
    response = web.HTTPSeeOther(came_from(request))
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, path="/", max_age=_A_YEAR, secure=is_https(request), samesite="Strict")
    raise response


@routes.post("/ops/zone")
@personal
async def choose_zone(request: web.Request, operator: Operator) -> web.StreamResponse:
    zone = text_in(await form_of(request), "zone")
    response = web.HTTPSeeOther(came_from(request))
    if zone is not None and display_zone.named(zone) is not None:
        response.set_cookie(
            display_zone.ZONE_COOKIE, zone, path="/", max_age=_A_YEAR, secure=is_https(request), samesite="Strict"
        )
    raise response


async def _identity(request: web.Request, token: str | None) -> Identity | None:
    if token is None or not token.strip():
        return None
    try:
        identity = await request.app[AUTHENTICATOR].identify(f"Bearer {token.strip().removeprefix('Bearer ')}")
    except Problem:
        return None
    return None if identity.roles.isdisjoint((OPS, OPS_READ)) else identity


async def _close(request: web.Request, operator: Operator) -> str | None:
    """Ends the session. Returns the URL that ends the provider's session; None if there is none."""
    provider, database = request.app[PROVIDER], request.app[DATABASE]
    if provider is None:
        await sessions.close(database, operator)
        return None
    session_id, issuer = session_cookie(request) or "", provider.registration.issuer
    vouched, id_token = await provider_sessions.close(database, operator, session_id, issuer)
    return await provider.end_session_url(id_token) if vouched else None
