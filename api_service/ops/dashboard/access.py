"""Guards the dashboard's pages: session, role, and that a changing request was meant (CSRF token and Origin)."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Final

from aiohttp import web
from yarl import URL

from api_service.identity.bearer import OPS, OPS_READ
from api_service.ops.core import figures
from api_service.ops.dashboard import sessions
from api_service.ops.dashboard.display_zone import CLINIC_ZONES
from api_service.ops.dashboard.kept_forms import KeptForm
from api_service.ops.dashboard.rendering import BADGES, OPERATOR, failure, headers, html
from api_service.ops.dashboard.sessions import Operator
from api_service.ops.dashboard.sign_in_form import sign_in_form
from api_service.ops.keys import FIGURES
from api_service.web.browsers import address_parts, cookie_in, is_https
from api_service.web.forms import Form, form_of
from api_service.web.keys import DATABASE
from api_service.web.limits.admission import LIMITS, counts_by_itself
from api_service.web.middlewares import FORESEEN, REQUEST_ID, foreseen
from api_service.web.problems import Problem, from_http
from shared.errors import ItemRefused
from shared.process.internal_errors import internal_error

HOME: Final = "/ops"
SIGN_IN: Final = "/ops/sign-in"
_PLAIN: Final = "ops_session"
_SECURE: Final = "__Host-ops_session"
_CHANGING: Final = frozenset({"POST"})

Page = Callable[[web.Request, Operator], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(handler: Page) -> Handler:
    """A page for signed-in operators."""
    return _guarded(handler, (OPS, OPS_READ))


def action(handler: Page) -> Handler:
    """A change, for operators who may make one. Its form carries the session's CSRF token."""
    return _guarded(handler, (OPS,))


def personal(handler: Page) -> Handler:
    """A form that changes only the reader's own view; role ops:read may send it, too."""
    return _guarded(handler, (OPS, OPS_READ))


def open_page(handler: Handler) -> Handler:
    """A page that needs no session, and is counted by address."""

    @wraps(handler)
    async def counted(request: web.Request) -> web.StreamResponse:
        request.app[LIMITS].address(request)
        return await handler(request)

    return _page(counted)


def _page(handler: Handler) -> Handler:
    """Its errors, and refusals by the limits, are pages, too: it applies the limits by itself."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return _failed(request, problem)
        except web.HTTPException as error:
            return _redirected(error) if error.status < 400 else _failed(request, from_http(error))
        except FORESEEN as error:
            return _failed(request, _foreseen(request, error))
        except Exception as error:  # noqa: BLE001 - counted and logged
            internal_error("http", error, event="page failed", request_id=request[REQUEST_ID])
            return _failed(request, Problem(500, "Something went wrong here"))

    answered.required_roles = ()  # type: ignore[attr-defined]  # read by tests
    return counts_by_itself(answered)


def _foreseen(request: web.Request, error: Exception) -> Problem:
    """The API's answer in words for an operator, who can read the log."""
    problem = foreseen(request, error)
    if isinstance(error, ItemRefused):
        problem.detail = (
            "The database refuses this, and would refuse it again. The log says which rule it breaks, under the "
            "request's id below."
        )
    return problem


def _failed(request: web.Request, problem: Problem) -> web.Response:
    """The page of a problem. A cookie of ours keeps the links, also while nobody can say whose it is."""
    return failure(request, problem, navigation=session_cookie(request) is not None)


def _redirected(error: web.HTTPException) -> web.Response:
    """As an answer, so that it is counted and logged like any other."""
    answer = web.Response(status=error.status, headers=headers() | {"Location": error.headers["Location"]})
    answer.cookies.update(error.cookies)
    return answer


def _guarded(handler: Page, roles: tuple[str, ...]) -> Handler:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        operator = await known_operator(request)
        if operator is None:
            request.app[LIMITS].address(request)
            return await _sign_in(request)
        if operator.roles.isdisjoint(roles):
            raise Problem(403, "Not allowed", "You may look at everything here, and change nothing.")
        if request.method in _CHANGING and not await _meant(request, operator):
            return await _once_more(request, operator)
        if request.method in _CHANGING:
            try:
                return await handler(request, operator)
            finally:
                request.app[FIGURES].forget()
        return await handler(request, operator)

    answered = _page(guarded)
    answered.required_roles = roles  # type: ignore[attr-defined]  # read by tests
    return answered


async def known_operator(request: web.Request) -> Operator | None:
    """The signed-in operator; the pages have the whole frame from here on."""
    operator = await sessions.find(request.app[DATABASE], session_cookie(request))
    if operator is not None:
        await _welcome(request, operator)
    return operator


async def _welcome(request: web.Request, operator: Operator) -> None:
    request[OPERATOR] = operator
    request[BADGES], request[CLINIC_ZONES] = await _badges(request), await _clinic_zones(request)


async def _badges(request: web.Request) -> Mapping[str, int]:
    """Counts by the words of their page."""
    trouble = await request.app[FIGURES].get(figures.TROUBLE)
    return {"Failed": trouble.failed, "Dead letters": trouble.letters}


async def _clinic_zones(request: web.Request) -> Sequence[str]:
    return await request.app[FIGURES].get(figures.CLINIC_ZONES)


async def _meant(request: web.Request, operator: Operator) -> bool:
    """Whether a form of this session was sent. Raises Problem 403 if another site's page has sent it."""
    check_origin(request)
    given = (await form_of(request)).get("csrf", "")
    return hmac.compare_digest(given.encode(), operator.csrf.encode())


async def _once_more(request: web.Request, operator: Operator) -> web.Response:
    """A form of an earlier session: its sender looks at it, and sends it from this one. Raises Problem 403."""
    kept = KeptForm.of(request.path, await form_of(request))
    if kept is None:
        raise Problem(403, "Not accepted", "The form did not come from your session. Load the page again.")
    return html(request, "again.html", operator, status=403, kept=kept, target=came_from(request))


def check_origin(request: web.Request) -> None:
    """Raises Problem 403 if another site's page has sent the request.

    Browsers send Sec-Fetch-Site on https and loopback, and Origin on every POST. A request without both is refused.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    own = address_parts(origin).netloc == request.host if site is None else site == "same-origin"
    if not own:
        raise Problem(403, "Not accepted", "The request came from another site.")


async def _sign_in(request: web.Request) -> web.StreamResponse:
    """To the sign-in page and back. A link from elsewhere comes without the SameSite=Strict cookie, so it is first
    followed once more from here: only then is it known whether nobody is signed in."""
    if request.headers.get("X-Live"):
        return web.Response(status=401, headers=headers())
    if request.method in _CHANGING:
        check_origin(request)
        kept = KeptForm.of(request.path, await form_of(request))
        return sign_in_form(request, came_from(request), status=401, unchanged=True, kept=kept)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        again = headers() | {"Refresh": f"0; url={request.rel_url}"}
        return html(request, "continue.html", None, status=200, extra=again, target=str(request.rel_url))
    raise web.HTTPSeeOther(URL(SIGN_IN).with_query({"next": str(request.rel_url)}))


def came_from(request: web.Request) -> str:
    """The page of ours whose form was sent, or the first one."""
    referrer = address_parts(request.headers.get("Referer", ""))
    path = referrer.path + (f"?{referrer.query}" if referrer.query else "")
    return inside(path) if referrer.netloc == request.host else HOME


def inside(target: str | None) -> str:
    """The target if it is a path of the dashboard, else the first page: never another site (CWE-601)."""
    parts = address_parts(target or "")
    ours = parts.path == HOME or parts.path.startswith(HOME + "/")
    if parts.scheme or parts.netloc or not ours or "\\" in parts.path or parts.path.startswith(SIGN_IN):
        return HOME
    return parts.path + (f"?{parts.query}" if parts.query else "")


def kept_form_in(form: Form) -> KeptForm | None:
    """The form that a sign-in page holds; None if there is none, or it would be sent elsewhere."""
    action = form.get("again")
    return None if action is None or inside(action) != action else KeptForm.parse(action, form.get("fields", ""))


def session_cookie(request: web.Request) -> str | None:
    """The id of the session that a browser says it has."""
    return cookie_in(request, _SECURE if is_https(request) else _PLAIN)


def set_session_cookie(request: web.Request, response: web.StreamResponse, session_id: str, ends_at: datetime) -> None:
    """Gives the browser its session, for as long as it lasts."""
    left = int((ends_at - datetime.now(UTC)).total_seconds())
    _set_cookie(request, response, session_id, max(left, 1))


def forget_session_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Takes the session from the browser."""
    _set_cookie(request, response, "", 0)


def _set_cookie(request: web.Request, response: web.StreamResponse, value: str, seconds: int) -> None:
    secure = is_https(request)
    name = _SECURE if secure else _PLAIN
    response.set_cookie(name, value, path="/", max_age=seconds, secure=secure, httponly=True, samesite="Strict")
