"""Reads the provider's description of itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

from api_service.identity.oidc.addresses import is_safe
from api_service.identity.published import PublishedDocument

_PATH: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The members that we use. `end_session` is None where the provider has no RP-initiated logout. `secret_in_form`:
    the client secret is sent as a field, not as basic authentication. `names_itself`: answers carry `iss` (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    end_session: str | None
    secret_in_form: bool
    names_itself: bool


def discovery(issuer: str, *, clock: Callable[[], float] = monotonic) -> PublishedDocument[Metadata]:
    """The provider's metadata, read when they are first needed."""
    url = issuer.rstrip("/") + _PATH
    return PublishedDocument(url, partial(parse, issuer), name="sign-in provider", clock=clock)


def parse(issuer: str, found: dict[str, Any]) -> Metadata:
    """Raises ValueError for metadata of another issuer (§4.3), or without what the code flow needs."""
    if found.get("issuer") != issuer:
        raise ValueError("metadata of another issuer")
    end_session = found.get("end_session_endpoint")
    return Metadata(
        authorization=_endpoint(issuer, found.get("authorization_endpoint")),
        token=_endpoint(issuer, found.get("token_endpoint")),
        keys=_endpoint(issuer, found.get("jwks_uri")),
        end_session=None if end_session is None else _endpoint(issuer, end_session),
        secret_in_form=_secret_in_form(found.get("token_endpoint_auth_methods_supported")),
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(issuer: str, value: object) -> str:
    if not isinstance(value, str) or "#" in value or not is_safe(value):
        raise ValueError("an endpoint is missing or not safe")
    if value.startswith("http:") and not issuer.startswith("http:"):
        raise ValueError("an endpoint without TLS")
    return value


def _secret_in_form(methods: object) -> bool:
    """Basic authentication is what a provider has that names no methods (Discovery §3)."""
    return isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods
