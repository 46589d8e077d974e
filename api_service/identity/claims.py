"""Reads the caller from the claims of a verified token (RFC 7519, OpenID Connect). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any, Final

from shared.people import names
from shared.people.addresses import InvalidAddress, parse

CLIENT: Final = "client"
STAFF: Final = "staff"
OPS: Final = "ops"
OPS_READ: Final = "ops:read"
ROLES: Final = frozenset({CLIENT, STAFF, OPS, OPS_READ})
NBF_LEEWAY: Final = 5
"""Seconds of leeway (RFC 7519 §4.1.5: no more than a few minutes)."""
_MAX_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller that a verified token names.

    `subject`: a client's id, or the name of an operator or a member of the staff. `email` and `name`: None when the
    token has no usable one. `expires_at` is in UTC.
    """

    subject: str
    roles: frozenset[str]
    email: str | None
    name: str | None
    expires_at: datetime


def identity_of(claims: dict[str, Any]) -> Identity:
    """The caller. Unknown roles are left out. Raises KeyError, ValueError and OverflowError for unusable claims."""
    if "nbf" in claims:
        check_begun(claims["nbf"])
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not _is_usable(subject):
        raise ValueError("sub is not a usable id")
    granted = roles.split() if isinstance(roles, str) else roles
    if not isinstance(granted, list) or not all(isinstance(role, str) for role in granted):
        raise ValueError("roles is not a list of names")
    return Identity(
        subject=subject,
        roles=ROLES & frozenset(granted),
        email=_address(claims.get("email")) if _is_verified(claims) else None,
        name=names.claimed(claims.get("name")),
        expires_at=instant(claims["exp"]),
    )


def _is_usable(subject: str) -> bool:
    """Whether others can name this id: fields and paths lose spaces at its ends, so an operator could neither export
    nor erase such a person."""
    return 0 < len(subject) <= _MAX_SUBJECT and subject.isprintable() and subject == subject.strip()


def check_begun(not_before: object) -> None:
    """Raises ValueError unless `nbf` is a time that has come."""
    if not isinstance(not_before, int | float) or not not_before <= time() + NBF_LEEWAY:  # NaN is not a time
        raise ValueError("not valid yet")


def _address(value: object) -> str | None:
    """The address as the provider spells it; None when mail could not be sent to it. The token still names the caller
    then."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parse(text)
    except InvalidAddress:
        return None
    return text


def _is_verified(claims: dict[str, Any]) -> bool:
    """Whether the address is verified (OpenID Connect §5.1). An address that its provider calls unverified may be
    anybody's; without the claim it is trusted."""
    return claims.get("email_verified", True) in (True, "true")


def instant(value: object) -> datetime:
    """A NumericDate (RFC 7519 §2) that the calendar has."""
    if not isinstance(value, int | float):
        raise ValueError("exp is not a number")
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (OverflowError, OSError):
        raise ValueError("exp is beyond every calendar") from None
