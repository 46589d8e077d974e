"""Verifies what the provider signs for us: ID tokens (OpenID Connect Core 1.0) and logout tokens (Back-Channel Logout
1.0)."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from api_service.identity.claims import check_begun, instant
from api_service.identity.oidc.registration import Registration
from api_service.identity.signing_keys import SigningKeys
from api_service.identity.verification import claims_of, is_spelt_as_issued

LONGEST: Final = 65_536
"""Characters of a token. ID tokens with many groups are long."""
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE: Final = timedelta(minutes=10)
"""A logout token is sent when it is made. An older one is a replay."""
CLOCKS_APART: Final = timedelta(minutes=1)
_LOGOUT_TYPES: Final = frozenset({"logout+jwt", "application/logout+jwt"})
_ANY_TYPES: Final = frozenset({"", "jwt", "application/jwt"})
_LONGEST_ID: Final = 255
_OPTIONS: Final = {"verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class IdToken:
    """A person for whom the provider has vouched. `session` is the provider's `sid`, where it has one."""

    subject: str
    session: str | None
    issued_at: datetime
    expires_at: datetime
    claims: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Logout:
    """The provider's word that sessions have ended: that one of `session`, or all of `subject`. `digest` names the
    token, so that it counts once."""

    issuer: str
    subject: str | None
    session: str | None
    issued_at: datetime
    digest: bytes


async def read_id_token(text: str, keys: SigningKeys, registration: Registration, *, nonce: str) -> IdToken:
    """The checks of OpenID Connect Core §3.1.3.7. Raises verification.INVALID, KeysUnavailable."""
    claims = await _claims(text, keys, registration, ("iss", "sub", "aud", "exp", "iat", "nonce"), _ANY_TYPES)
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise ValueError("nonce of another sign-in")
    _check_authorized_party(claims, registration.client_id)
    return IdToken(
        subject=_identifier(claims["sub"]),
        session=_identifier(claims["sid"]) if "sid" in claims else None,
        issued_at=instant(claims["iat"]),
        expires_at=instant(claims["exp"]),
        claims=claims,
        text=text,
    )


async def read_logout_token(text: str, keys: SigningKeys, registration: Registration, *, now: datetime) -> Logout:
    """The checks of Back-Channel Logout §2.6, but for the one that it was not seen before. Raises verification.INVALID,
    KeysUnavailable."""
    claims = await _claims(text, keys, registration, ("iss", "aud", "iat", "jti", "events"), _LOGOUT_TYPES | _ANY_TYPES)
    events, issued_at = claims["events"], instant(claims["iat"])
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise ValueError("no logout event")
    if "nonce" in claims:
        raise ValueError("an ID token")
    if not now - LOGOUT_AGE <= issued_at <= now + CLOCKS_APART:
        raise ValueError("too old, or of a later time")
    subject = _identifier(claims["sub"]) if "sub" in claims else None
    session = _identifier(claims["sid"]) if "sid" in claims else None
    if subject is None and session is None:
        raise ValueError("nobody is named")
    named = f"{registration.issuer} {_identifier(claims['jti'])}"
    return Logout(registration.issuer, subject, session, issued_at, hashlib.sha256(named.encode()).digest())


async def _claims(
    text: str, keys: SigningKeys, registration: Registration, required: tuple[str, ...], types: frozenset[str]
) -> dict[str, Any]:
    """The claims of a token of this issuer for this client, signed by a key of the issuer's set."""
    if len(text) > LONGEST or not is_spelt_as_issued(text):
        raise ValueError("too long, or not the one spelling that base64url has")
    if str(jwt.get_unverified_header(text).get("typ", "")).lower() not in types:
        raise ValueError("a token of another type")
    key = await keys.of(text)
    if key is None:
        raise jwt.InvalidTokenError("no such key")
    claims = claims_of(
        text,
        key,
        audience=registration.client_id,
        issuer=registration.issuer,
        options={**_OPTIONS, "require": list(required)},
    )
    if "nbf" in claims:
        check_begun(claims["nbf"])
    return claims


def _check_authorized_party(claims: Mapping[str, Any], client_id: str) -> None:
    """A token for several parties names the one that it was issued to (§3.1.3.7, 3 to 5): it must be us."""
    audience, party = claims["aud"], claims.get("azp")
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise ValueError("for several parties")
    if party is not None and party != client_id:
        raise ValueError("issued to another party")


def _identifier(value: object) -> str:
    """`sub`, `sid` or `jti` as we can keep them."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise ValueError("not a usable id")
    return value


def now() -> datetime:
    return datetime.now(UTC)
