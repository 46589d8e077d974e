"""Verifies the signature and the registered claims of a signed token (RFC 7519, RFC 8725)."""

from collections.abc import Mapping
from typing import Any, Final

import jwt
from jwt.utils import base64url_decode, base64url_encode

from api_service.identity.signing_keys import Key

# beside pyjwt's own: what a hostile header or payload makes of JSON, recursion and numbers
INVALID: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""The errors of a token that is not valid."""


def is_spelt_as_issued(token: str) -> bool:
    """Whether each part is base64url without padding (RFC 7515 §2), and the one spelling of its bytes. The parser takes
    others too, and a token would have many names. Raises INVALID."""
    return token.isascii() and all(base64url_encode(base64url_decode(p)).decode() == p for p in token.split("."))


def claims_of(
    token: str, key: Key, *, audience: str | None, issuer: str | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The claims, if the key has signed them, by its own algorithm: never one that the token names (RFC 8725 §3.1).
    `options`: PyJWT's. Raises INVALID."""
    return jwt.decode(
        token,
        key.key,
        algorithms=[key.algorithm],
        audience=audience,
        issuer=issuer,
        options=options,  # type: ignore[arg-type]  # a TypedDict of pyjwt's own
    )
