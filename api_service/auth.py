"""Verifies bearer tokens (RFC 6750, RFC 7519, RFC 8725), and guards handlers by role."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final

import jwt
from aiohttp import web

from api_service.problems import Problem
from api_service.settings import ApiSettings

CLIENT: Final = "client"
OPS: Final = "ops"
OPS_READ: Final = "ops:read"
ROLES: Final = frozenset({CLIENT, OPS, OPS_READ})
_MAX_TOKEN: Final = 8_192
_MAX_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as the verified token says."""

    subject: str
    roles: frozenset[str]
    email: str | None
    name: str | None
    expires_at: datetime


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GuardedHandler = Callable[[web.Request, Identity], Awaitable[web.StreamResponse]]


class Authenticator:
    """Knows the one source of keys. An algorithm is never taken from the token (RFC 8725 §3.1)."""

    def __init__(self, settings: ApiSettings) -> None:
        self._options = {"require": ["sub", "exp"]}
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._jwks = jwt.PyJWKClient(settings.jwt_jwks_url, timeout=5) if settings.jwt_jwks_url else None
        self._algorithms = ["HS256"] if settings.jwt_secret else ["RS256", "ES256"]
        self._key: Any = settings.jwt_secret.get_secret_value() if settings.jwt_secret else settings.jwt_public_key

    async def identify(self, header: str | None) -> Identity:
        """Who the Authorization header speaks for. Raises Problem 401."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("A bearer token is needed.")
        if len(token) > _MAX_TOKEN:
            raise _unauthorized("The token is too long.", "invalid_token")
        try:
            claims = jwt.decode(
                token.strip(),
                await self._key_of(token.strip()),
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                options=self._options,  # type: ignore[arg-type]  # a TypedDict of pyjwt's own
            )
            return _identity(claims)
        except jwt.ExpiredSignatureError:
            raise _unauthorized("The token has expired.", "invalid_token") from None
        except (jwt.PyJWTError, ValueError):
            raise _unauthorized("The token is not valid.", "invalid_token") from None

    async def _key_of(self, token: str) -> Any:
        if self._jwks is None:
            return self._key
        # the client keeps the key set, and asks again for a key id that it does not know
        return await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)


def require(*roles: str) -> Callable[[GuardedHandler], Handler]:
    """Lets a handler run for a verified token with one of `roles`, or with any verified token when none is
    named. The handler gets who asks as its second argument."""

    def decorate(handler: GuardedHandler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            identity = await request.app[AUTHENTICATOR].identify(request.headers.get("Authorization"))
            if roles and identity.roles.isdisjoint(roles):
                raise _forbidden(roles)
            return await handler(request, identity)

        guarded.required_roles = roles  # type: ignore[attr-defined]  # read by the OpenAPI document and tests
        return guarded

    return decorate


AUTHENTICATOR: Final = web.AppKey("authenticator", Authenticator)


def _identity(claims: dict[str, Any]) -> Identity:
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
        raise ValueError("sub is not a usable id")
    names = roles.split() if isinstance(roles, str) else roles
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("roles is not a list of names")
    return Identity(
        subject=subject,
        roles=ROLES & frozenset(names),
        email=_text(claims.get("email"), 254),
        name=_text(claims.get("name"), 200),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )


def _text(value: object, longest: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise ValueError("a claim is not usable text")
    return value.strip() or None


def _unauthorized(detail: str, error: str = "") -> Problem:
    challenge = 'Bearer realm="punctual"' + (f', error="{error}"' if error else "")
    return Problem(401, "Not signed in", detail, headers={"WWW-Authenticate": challenge})


def _forbidden(roles: Sequence[str]) -> Problem:
    return Problem(403, "Not allowed", f"This needs the role {' or '.join(roles)}.")


def refusals(roles: Sequence[str]) -> list[Problem]:
    """What a handler guarded by `require` answers where it does not run."""
    return [_unauthorized("A bearer token is needed."), *([_forbidden(roles)] if roles else [])]
