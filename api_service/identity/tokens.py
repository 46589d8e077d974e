"""Issues tokens for development, demos and operators. Clients in production bring tokens of their identity provider."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

from shared.ids import new_id


def issue(
    secret: str,
    *,
    subject: str,
    roles: Sequence[str],
    email: str | None = None,
    name: str | None = None,
    issuer: str | None = None,
    audience: str | None = None,
    lifetime: float = 12 * 3600.0,
) -> str:
    """An HS256 token, signed with JWT_SECRET, that expires after `lifetime` seconds."""
    now = datetime.now(UTC)
    claims = {
        "sub": subject,
        "roles": list(roles),
        "email": email,
        "name": name,
        "iat": now,
        "exp": now + timedelta(seconds=lifetime),
        "jti": str(new_id()),
        "iss": issuer,
        "aud": audience,
    }
    known = {claim: value for claim, value in claims.items() if value is not None}
    return jwt.encode(known, secret, algorithm="HS256")
