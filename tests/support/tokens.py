"""Bearer tokens for tests, signed with the key that their services are given."""

from typing import Final

from api_service.identity import tokens

SECRET: Final = "a secret for tests, of more than 32 bytes"


def a_token(
    subject: str, *roles: str, email: str | None = None, name: str | None = None, lifetime: float = 3600.0
) -> str:
    """Somebody's token with these roles, for `lifetime` seconds; one that has expired where that is negative."""
    return tokens.issue(SECRET, subject=subject, roles=roles, email=email, name=name, lifetime=lifetime)
