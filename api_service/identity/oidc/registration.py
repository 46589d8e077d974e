"""Ourselves as the provider knows us: client, secret, addresses, and what we make of its claims."""

from dataclasses import dataclass, field
from typing import Final

from api_service.identity.oidc.claim_rules import ClaimRules

CALLBACK: Final = "/ops/sign-in/callback"
SIGNED_OUT: Final = "/ops/sign-in"


@dataclass(frozen=True, slots=True)
class Registration:
    """`name`: what the provider is called on pages. `address`: where operators reach us, as https://ops.clinic.example.
    `longest_session`: seconds."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: str
    name: str
    address: str
    rules: ClaimRules
    longest_session: float

    @property
    def redirect_uri(self) -> str:
        return self.address + CALLBACK

    @property
    def signed_out_uri(self) -> str:
        return self.address + SIGNED_OUT
