"""Signing in by the OpenID Connect provider, and its word that a session has ended."""

from time import time
from typing import Final

import structlog
from aiohttp import web

from api_service.identity.oidc.errors import InvalidLogout, Reason, SignInFailed
from api_service.identity.oidc.flow import LIFETIME, LONGEST_TARGET, Flow, begin, browser_secret, resume
from api_service.identity.oidc.metrics import LOGOUTS, SIGN_INS, SIGNED_IN
from api_service.identity.oidc.provider import Provider
from api_service.identity.oidc.registration import CALLBACK
from api_service.ops.dashboard import provider_sessions
from api_service.ops.dashboard.access import (
    HOME,
    check_origin,
    inside,
    kept_form_in,
    open_page,
    page,
    session_cookie,
    set_session_cookie,
)
from api_service.ops.dashboard.form_cookies import KeptInBrowser, opened, sealed
from api_service.ops.dashboard.rendering import html
from api_service.ops.dashboard.sessions import Operator, digest
from api_service.ops.dashboard.sign_in_form import PROVIDER, START, failed_form, name_of, sign_in_form
from api_service.web.browsers import cookie_in, is_https
from api_service.web.forms import form_of
from api_service.web.keys import DATABASE
from api_service.web.limits.admission import LIMITS, counts_by_itself
from api_service.web.middlewares import REQUEST_ID
from api_service.web.problems import Problem
from shared.safe_text import is_line

log = structlog.get_logger("api_service.ops")

routes: Final = web.RouteTableDef()
_PLAIN: Final = "ops_sign_in"
_SECURE: Final = "__Host-ops_sign_in"
KEPT_FORM: Final = "/ops/kept-form"
_PLAIN_FORM: Final = "ops_kept_form"
_SECURE_FORM: Final = "__Host-ops_kept_form"


@routes.get(START, allow_head=False)
@open_page
async def start(request: web.Request) -> web.StreamResponse:
    """To the provider. A link and no form, since `form-action 'self'` also forbids to be sent on from a form."""
    provider, target = _provider(request), _target(inside(request.query.get("next")))
    secret, former = browser_secret(_cookie(request)), session_cookie(request)
    flow = begin(
        secret,
        target=target,
        replaces=None if former is None else digest(former),
        now=time(),
    )
    try:
        address = await provider.authorization_url(flow, again="again" in request.query)
    except SignInFailed as failed:
        return _failed(request, target, failed)
    response = web.HTTPSeeOther(address)
    _set_cookie(request, response, secret)
    raise response


@routes.post(START)
@open_page
async def start_with_form(request: web.Request) -> web.StreamResponse:
    """The same with a form that a cookie keeps meanwhile. The browser is sent on from a page, not from the form."""
    check_origin(request)
    provider, form = _provider(request), await form_of(request)
    target, kept, secret = inside(form.get("next")), kept_form_in(form), browser_secret(_cookie(request))
    cookie = None if kept is None else sealed(secret, KeptInBrowser(kept, target), now=time())
    former = session_cookie(request)
    replaces = None if former is None else digest(former)
    flow = begin(secret, target=_target(target if cookie is None else KEPT_FORM), replaces=replaces, now=time())
    try:
        address = await provider.authorization_url(flow, again=False)
    except SignInFailed as failed:
        SIGN_INS.labels(failed.reason).inc()
        return sign_in_form(request, target, status=503, failed=failed, kept=kept, unchanged=kept is not None)
    words = f"Go on to {name_of(provider)}"
    response = html(request, "continue.html", None, extra={"Refresh": f"0; url={address}"}, target=address, words=words)
    _set_cookie(request, response, secret)
    if cookie is not None:
        _set_form_cookie(request, response, cookie)
    return response


@routes.get(KEPT_FORM)
@page
async def kept_form(request: web.Request, operator: Operator) -> web.StreamResponse:
    """The form that was kept, to be sent by hand."""
    cookie = cookie_in(request, _form_cookie_name(request))
    kept = None if cookie is None else opened(_cookie(request) or "", cookie, now=time())
    if kept is None:
        raise web.HTTPSeeOther(HOME)
    return html(request, "again.html", operator, kept=kept.form, target=inside(kept.target))


@routes.get(CALLBACK, allow_head=False)
@open_page
async def callback(request: web.Request) -> web.StreamResponse:
    """Back from the provider, and on to the page that was meant. The browser's way there began at another site, so it
    does not bring the SameSite=Strict cookie at once: that page asks it to come again."""
    provider = _provider(request)
    flow = _flow(request)
    if flow is None:
        return _failed(request, HOME, SignInFailed(Reason.STALE))
    target = inside(flow.target)
    try:
        person = await provider.redeem(flow, request.query)
        session_id = await provider_sessions.open_session(
            request.app[DATABASE], person, provider.registration.issuer, flow
        )
    except SignInFailed as failed:
        answer = _failed(request, target, failed)
        if failed.reason is Reason.STALE:  # this browser has come back once before, by its button for instance
            raise web.HTTPSeeOther(target) from None
        return answer
    SIGN_INS.labels(SIGNED_IN).inc()
    log.info("operator signed in", operator=person.token.subject, roles=sorted(person.roles), by="provider")
    response = web.HTTPSeeOther(target)
    set_session_cookie(request, response, session_id, person.ends_at)
    raise response


@counts_by_itself
async def back_channel_logout(request: web.Request) -> web.StreamResponse:
    """The provider's word that sessions have ended (Back-Channel Logout 1.0 §2.5). Valid ones are not limited: the
    provider would not say them again."""
    provider = _provider(request)
    try:
        logout = await provider.read_logout((await form_of(request)).get("logout_token", ""))
    except InvalidLogout as error:
        return _invalid(request, str(error))
    except SignInFailed:
        LOGOUTS.labels("away").inc()
        raise Problem(503, "Not available just now", headers={"Retry-After": "5"}) from None
    ended = await provider_sessions.end(request.app[DATABASE], logout)
    if ended is None:
        LOGOUTS.labels("repeated").inc()
        return _invalid(request, "repeated")
    LOGOUTS.labels("taken").inc()
    log.info("provider has ended sessions", sessions=ended)
    return web.Response(headers={"Cache-Control": "no-store"})


back_channel_logout.required_roles = ()  # type: ignore[attr-defined]  # read by tests
routes.post("/ops/sign-in/back-channel-logout")(back_channel_logout)


def _invalid(request: web.Request, why: str) -> web.Response:
    request.app[LIMITS].address(request)
    if why != "repeated":
        LOGOUTS.labels("invalid").inc()
    log.warning("logout of the provider is not valid", why=why, request_id=request[REQUEST_ID])
    return web.json_response({"error": "invalid_request"}, status=400, headers={"Cache-Control": "no-store"})


def _failed(request: web.Request, target: str, failed: SignInFailed) -> web.Response:
    SIGN_INS.labels(failed.reason).inc()
    log.warning("sign-in failed", why=failed.reason, detail=failed.detail, request_id=request[REQUEST_ID])
    return failed_form(request, target, failed)


def _provider(request: web.Request) -> Provider:
    provider = request.app[PROVIDER]
    if provider is None:
        raise web.HTTPNotFound
    return provider


def _target(target: str) -> str:
    """The page that was meant, as it fits into a state."""
    return target if len(target.encode(errors="surrogatepass")) <= LONGEST_TARGET and is_line(target) else HOME


def _flow(request: web.Request) -> Flow | None:
    states = request.query.getall("state", [])
    return resume(_cookie(request), states[0], now=time()) if len(states) == 1 else None


def _cookie(request: web.Request) -> str | None:
    return cookie_in(request, _SECURE if is_https(request) else _PLAIN)


def _form_cookie_name(request: web.Request) -> str:
    return _SECURE_FORM if is_https(request) else _PLAIN_FORM


def _set_form_cookie(request: web.Request, response: web.StreamResponse, value: str) -> None:
    """SameSite=Strict: the page that shows the form is asked for by a page of ours."""
    secure, name = is_https(request), _form_cookie_name(request)
    response.set_cookie(name, value, path="/", max_age=LIFETIME, secure=secure, httponly=True, samesite="Strict")


def _set_cookie(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """SameSite=Lax, since it must come back with the provider's redirect."""
    secure = is_https(request)
    name = _SECURE if secure else _PLAIN
    response.set_cookie(name, secret, path="/", max_age=LIFETIME, secure=secure, httponly=True, samesite="Lax")
