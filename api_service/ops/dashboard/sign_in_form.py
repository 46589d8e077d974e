"""Draws the sign-in page: by the provider, by a token, with the result of the last attempt."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from yarl import URL

from api_service.identity.oidc.errors import Reason, SignInFailed
from api_service.identity.oidc.provider import Provider
from api_service.ops.dashboard import form_cookies
from api_service.ops.dashboard.kept_forms import KeptForm
from api_service.ops.dashboard.rendering import html

PROVIDER: Final[web.AppKey[Provider | None]] = web.AppKey("sign_in_provider")
"""None if no provider is set."""
START: Final = "/ops/sign-in/provider"
_SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.STALE: "This sign-in was begun in another browser, was used before, or took longer than ten minutes."
    " Please begin again.",
    Reason.CANCELLED: "You have not signed in at {provider}.",
    Reason.REFUSED: "{provider} has refused the sign-in. If it refuses again, tell whoever runs Punctual.",
    Reason.CODE: "{provider} has not confirmed the sign-in. If that happens again, tell whoever runs Punctual.",
    Reason.TOKEN: "{provider} has answered with something that does not prove who you are. If that happens again, tell"
    " whoever runs Punctual.",
    Reason.ROLE: "{provider} knows you as {who}, and {who} may not use this dashboard. Whoever looks after {provider}"
    " can give you the role.",
    Reason.ENDED: "{provider} has ended your session meanwhile. Please sign in again.",
    Reason.AWAY: "{provider} does not answer just now. Try again in a moment, or sign in with a token.",
}
_STATUS: Final[Mapping[Reason, int]] = {Reason.ROLE: 403, Reason.AWAY: 503}


def sign_in_form(
    request: web.Request,
    target: str,
    *,
    status: int = 200,
    ended: bool = False,
    unchanged: bool = False,
    refused: bool = False,
    failed: SignInFailed | None = None,
    kept: KeptForm | None = None,
) -> web.Response:
    """The page. `target`: where to go afterwards; `refused`: the token; `failed`: the sign-in by the provider;
    `unchanged`: a form was sent, and nothing was done; `kept`: it, to be sent again."""
    provider = request.app[PROVIDER]
    return html(
        request,
        "sign_in.html",
        None,
        status=status,
        target=target,
        ended=ended,
        unchanged=unchanged,
        refused=refused,
        failed="" if failed is None else _SENTENCES[failed.reason].format(provider=name_of(provider), who=failed.who),
        away=failed is not None and failed.reason is Reason.AWAY,
        provider=name_of(provider),
        start=_start(request, provider, target, again=failed is not None and failed.reason is Reason.ROLE),
        start_form=START if kept is not None and _may_keep(request, provider, kept, target) else "",
        kept=kept,
    )


def failed_form(request: web.Request, target: str, failed: SignInFailed) -> web.Response:
    """The page after a sign-in by the provider that came to nothing."""
    return sign_in_form(request, target, status=_STATUS.get(failed.reason, 401), failed=failed)


def name_of(provider: Provider | None) -> str:
    return "" if provider is None else provider.registration.name


def _may_keep(request: web.Request, provider: Provider | None, kept: KeptForm, target: str) -> bool:
    """Whether the form can wait in the browser: it fits, and the browser comes back by this host."""
    return (
        provider is not None
        and URL(provider.registration.address).raw_authority == request.host
        and form_cookies.fits(kept, target)
    )


def _start(request: web.Request, provider: Provider | None, target: str, *, again: bool) -> str:
    """The link to the provider. A browser that came by another host goes on at ours: there it gets the cookie with
    which it comes back. `again`: the provider asks for another account."""
    if provider is None:
        return ""
    query = {"next": target} | ({"again": "1"} if again else {})
    link = URL(START).with_query(query)
    own = URL(provider.registration.address)
    return str(link if own.raw_authority == request.host else own.join(link))
