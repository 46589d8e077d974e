"""The settings of the dashboard's sign-in by an OpenID Connect provider."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from api_service.identity.oidc.addresses import is_safe
from api_service.identity.oidc.claim_rules import OPERATORS
from shared.process.environment import Environment, SettingFault
from shared.process.settings import PublicUrl, Seconds

_A_DAY: Final = 86_400.0


def _issuer(text: str) -> str:
    if not is_safe(text) or "?" in text or "#" in text:
        raise ValueError("must be an https URL without query or fragment (http only for this machine: 127.0.0.1)")
    return text


def _scopes(text: str) -> str:
    names = text.split()
    if "openid" not in names or not text.isascii() or not text.isprintable():
        raise ValueError("must be names with spaces between them, openid among them")
    return " ".join(names)


def _groups(value: object) -> object:
    """Pairs such as night-shift=ops:read, or a JSON object of the same where names have commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return _json(value)
    pairs = [each.rpartition("=") for each in value.split(",") if each.strip()]
    return {group.strip(): role.strip() for group, _, role in pairs}


def _json(value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ValueError("must be pairs such as admins=ops, or a JSON object of them") from None


def _known(groups: Mapping[str, str]) -> Mapping[str, str]:
    if not all(groups) or not OPERATORS.issuperset(groups.values()):
        raise ValueError("must give each group one of the roles ops, ops:read")
    return groups


Issuer = Annotated[str, AfterValidator(_issuer)]
Scopes = Annotated[str, AfterValidator(_scopes)]
Groups = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_groups), AfterValidator(_known)]


class OidcSettings(Environment):
    """Set OIDC_ISSUER and OIDC_CLIENT_ID to have it."""

    oidc_issuer: Issuer | None = Field(
        None,
        description="The issuer of an OpenID Connect provider by which operators sign in to /ops"
        " (docs/sign-in.md). Unset: by token only.",
    )
    oidc_client_id: str | None = Field(None, description="The client that the provider knows us by.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The secret of that client. Unset: it is a public client, which PKCE alone protects."
    )
    oidc_name: str | None = Field(
        None, max_length=60, description="The provider's name on the sign-in page. Unset: the issuer's host name."
    )
    oidc_scopes: Scopes = Field("openid profile", description="The scopes that are asked for, with spaces between.")
    oidc_roles_claim: str = Field(
        "roles",
        min_length=1,
        max_length=200,
        description="The claim of the ID token with the roles or groups of a person; a path with dots for a claim"
        " inside another, such as realm_access.roles.",
    )
    oidc_roles: Groups = Field(
        {},
        description="The role here of each group or role of the provider, such as"
        " `admins=ops,night-shift=ops:read`; a JSON object if names have commas. Unset: the provider calls them"
        " `ops` and `ops:read`.",
    )
    oidc_name_claim: str = Field(
        "preferred_username",
        min_length=1,
        max_length=200,
        description="The claim with the name by which the dashboard and its log call a person; one that people cannot"
        " change themselves. Missing in a token: `sub`.",
    )
    oidc_session: Seconds = Field(
        12 * 3600.0,
        le=7 * _A_DAY,
        description="The longest time of a session. It ends earlier with the ID token, or when the provider says so.",
    )
    ops_url: PublicUrl | None = Field(
        None,
        description="The address at which operators reach /ops, such as https://ops.clinic.example: the provider sends"
        " them back there. Unset: `PUBLIC_URL`.",
    )

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            yield SettingFault(("oidc_issuer", "oidc_client_id"), "set both of them, or neither")
        if self.ops_url is not None and urlsplit(self.ops_url).path:
            yield SettingFault(("ops_url",), "must have no path: /ops stands at the root of its host")
