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
from api_service.ops.dashboard.access import HOME, inside, open_page, session_cookie, set_session_cookie
from api_service.ops.dashboard.sessions import digest
from api_service.ops.dashboard.sign_in_form import PROVIDER, START, failed_form
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


@routes.get(START, allow_head=False)
@open_page
async def start(request: web.Request) -> web.StreamResponse:
    """To the provider. A link and no form, since `form-action 'self'` also forbids to be sent on from a form."""
    provider, target = _provider(request), _target(request)
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


def _target(request: web.Request) -> str:
    """The page that was meant, as it fits into a state."""
    target = inside(request.query.get("next"))
    return target if len(target.encode(errors="surrogatepass")) <= LONGEST_TARGET and is_line(target) else HOME


def _flow(request: web.Request) -> Flow | None:
    states = request.query.getall("state", [])
    return resume(_cookie(request), states[0], now=time()) if len(states) == 1 else None


def _cookie(request: web.Request) -> str | None:
    return cookie_in(request, _SECURE if is_https(request) else _PLAIN)


def _set_cookie(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """SameSite=Lax, since it must come back with the provider's redirect."""
    secure = is_https(request)
    name = _SECURE if secure else _PLAIN
    response.set_cookie(name, secret, path="/", max_age=LIFETIME, secure=secure, httponly=True, samesite="Lax")
