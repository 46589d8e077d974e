"""Verifies bearer tokens (RFC 6750, RFC 7519, RFC 8725), and guards handlers by role."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Final, TypeVar

import jwt
from aiohttp import web

from api_service.identity.claims import CLIENT, NBF_LEEWAY, OPS, OPS_READ, ROLES, STAFF, Identity, identity_of
from api_service.identity.known_tokens import KnownTokens
from api_service.identity.signing_keys import Key, KeysUnavailable, SigningKeys
from api_service.identity.verification import INVALID, claims_of, is_spelt_as_issued
from api_service.web.limits.admission import LIMITS, counts_by_itself
from api_service.web.problems import Problem

__all__ = ["CLIENT", "NBF_LEEWAY", "OPS", "OPS_READ", "ROLES", "STAFF", "Identity", "require"]
_MAX_TOKEN: Final = 8_192
_CHECKS: Final = {"require": ["sub", "exp"], "verify_iat": False, "verify_nbf": False}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
GuardedHandler = Callable[[web.Request, Identity], Awaitable[web.StreamResponse]]


class Authenticator:
    """Knows the one source of keys. An algorithm is never taken from the token (RFC 8725 §3.1).

    A token that has expired has. One that will be valid in a moment is (NBF_LEEWAY): the issuer's clock may be a little
    ahead of ours. `iat` is for information (RFC 7519 §4.1.6).
    """

    def __init__(self, keys: SigningKeys, *, issuer: str | None, audience: str | None) -> None:
        """`issuer` and `audience`: the `iss` and `aud` that every token must bear; None: any, or none."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._known = KnownTokens[Identity]()

    async def identify(self, header: str | None) -> Identity:
        """The caller that the Authorization header names. Raises Problem 401, or 503 while the keys cannot be read."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("A bearer token is needed.")
        if len(token) > _MAX_TOKEN:
            raise _unauthorized("The token is too long.", "invalid_token")
        try:
            return await self._identity(token.strip())
        except jwt.ExpiredSignatureError:
            raise _unauthorized("The token has expired.", "invalid_token") from None
        except KeysUnavailable:
            raise _keys_away() from None
        except INVALID:
            raise _unauthorized("The token is not valid.", "invalid_token") from None

    async def close(self) -> None:
        """Ends a read of the keys that is under way."""
        await self._keys.close()

    async def _identity(self, token: str) -> Identity:
        known = self._known.get(token)
        if known is not None and await self._keys.are_still(known.key):
            return known.identity
        if not is_spelt_as_issued(token):
            raise jwt.InvalidTokenError("not the one spelling that base64url has")
        key = await self._keys.of(token)
        if key is None:
            raise jwt.InvalidTokenError("no such key")
        identity = identity_of(self._claims(token, key))
        self._known.add(token, identity, key)
        return identity

    def _claims(self, token: str, key: Key) -> dict[str, Any]:
        return claims_of(token, key, audience=self._audience, issuer=self._issuer, options=_CHECKS)


def require(*roles: str) -> Callable[[GuardedHandler], Handler]:
    """Lets a handler run for a verified token with one of `roles`, or with any verified token when none is
    named. The handler gets who asks as its second argument."""

    def decorate(handler: GuardedHandler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            identity = await _identified(request)
            if roles and identity.roles.isdisjoint(roles):
                raise _forbidden(roles)
            return await handler(request, identity)

        return guarded_by(guarded, *roles)

    return decorate


def guarded_by(handler: HandlerT, *roles: str) -> HandlerT:
    """Marks a handler that asks for a token itself: the OpenAPI document shows its roles, and its answers to a caller
    without them; the limits leave the counting to it."""
    handler.required_roles = roles  # type: ignore[attr-defined]
    handler.refusals = refusals(roles)  # type: ignore[attr-defined]
    return counts_by_itself(handler)


async def _identified(request: web.Request) -> Identity:
    """The caller, counted by the limits: a client or a member of the staff by its id, a request without a valid token
    by its address. Operators have no limit: they are few, known, and need the API most when things go wrong."""
    limits = request.app[LIMITS]
    try:
        identity = await request.app[AUTHENTICATOR].identify(request.headers.get("Authorization"))
    except Problem as problem:
        if problem.status == 401:
            limits.address(request)
        raise
    if identity.roles.isdisjoint((OPS, OPS_READ)):
        limits.client(identity.subject)
    return identity


AUTHENTICATOR: Final = web.AppKey("authenticator", Authenticator)


def _unauthorized(detail: str, error: str = "") -> Problem:
    challenge = 'Bearer realm="punctual"' + (f', error="{error}"' if error else "")
    return Problem(401, "Not signed in", detail, headers={"WWW-Authenticate": challenge})


def _keys_away() -> Problem:
    return Problem(
        503,
        "Not available just now",
        "The keys that tokens are verified with cannot be read. Please try again in a moment.",
        "urn:punctual:problem:unavailable",
        headers={"Retry-After": "5"},
    )


def _forbidden(roles: Sequence[str]) -> Problem:
    return Problem(403, "Not allowed", f"This needs the role {' or '.join(roles)}.")


def refusals(roles: Sequence[str]) -> list[Problem]:
    """The answers of a handler guarded by `require` to a caller who may not call it."""
    return [_unauthorized("A bearer token is needed."), *([_forbidden(roles)] if roles else []), _keys_away()]
