"""Exchanges the code of an answer for an ID token at the provider's token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5)."""

import base64
from typing import Final
from urllib.parse import quote_plus

from api_service.identity.json_over_http import FAULTS, ask
from api_service.identity.oidc.discovery import Metadata
from api_service.identity.oidc.errors import Reason, SignInFailed
from api_service.identity.oidc.registration import Registration

_REFUSALS: Final = frozenset({400, 401, 403})
_CODES: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749 §5.2. Nothing else of an answer is repeated in a log."""


async def exchange(metadata: Metadata, registration: Registration, *, code: str, verifier: str) -> str:
    """The ID token, unverified. Raises SignInFailed."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": registration.redirect_uri,
        "client_id": registration.client_id,
        "code_verifier": verifier,
    }
    headers: dict[str, str] = {}
    if registration.client_secret is not None:
        if metadata.secret_in_form:
            form["client_secret"] = registration.client_secret
        else:
            headers["Authorization"] = _basic(registration.client_id, registration.client_secret)
    try:
        answer = await ask(metadata.token, form, headers=headers)
    except FAULTS as error:
        raise SignInFailed(Reason.AWAY, type(error).__name__) from None
    if answer.status in _REFUSALS:
        said = answer.body.get("error")
        raise SignInFailed(Reason.CODE, said if isinstance(said, str) and said in _CODES else "without a known code")
    token = answer.body.get("id_token")
    if answer.status != 200:
        raise SignInFailed(Reason.AWAY, f"status {answer.status}")
    if not isinstance(token, str):
        raise SignInFailed(Reason.TOKEN, "no ID token")
    return token


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749 §2.3.1: both are form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
