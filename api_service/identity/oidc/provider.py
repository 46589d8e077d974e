"""The OpenID Connect provider, as the dashboard asks it: where to send a browser, who has come back, what has ended."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from multidict import MultiMapping
from yarl import URL

from api_service.identity.oidc.code_exchange import exchange
from api_service.identity.oidc.discovery import Metadata, discovery
from api_service.identity.oidc.errors import InvalidLogout, Reason, SignInFailed
from api_service.identity.oidc.flow import Flow
from api_service.identity.oidc.registration import Registration
from api_service.identity.oidc.tokens import IdToken, Logout, now, read_id_token, read_logout_token
from api_service.identity.published import DocumentUnavailable
from api_service.identity.signing_keys import KeysUnavailable, PublishedKeys
from api_service.identity.verification import INVALID

_LONGEST_CODE: Final = 4_096
_LONGEST_HINT: Final = 4_096
"""Characters of an ID token in an address; a longer one is left out."""
_AWAY: Final = frozenset({"server_error", "temporarily_unavailable"})
_CANCELLED: Final = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a role here. The session ends at `ends_at`: with the ID token, or earlier by our own setting."""

    name: str
    roles: frozenset[str]
    ends_at: datetime
    token: IdToken = field(repr=False)


class Provider:
    def __init__(self, registration: Registration, *, clock: Callable[[], float] = monotonic) -> None:
        self.registration = registration
        self._clock = clock
        self._metadata = discovery(registration.issuer, clock=clock)
        self._key_sets: dict[str, PublishedKeys] = {}

    async def authorization_url(self, flow: Flow, *, again: bool = False) -> str:
        """Where a browser signs in. `again`: the provider asks who it is, even where it knows. Raises SignInFailed."""
        us = self.registration
        query = {
            "response_type": "code",
            "client_id": us.client_id,
            "redirect_uri": us.redirect_uri,
            "scope": us.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        if again:
            query["prompt"] = "login"
        return str(URL((await self._described()).authorization).update_query(query))

    async def redeem(self, flow: Flow, answer: MultiMapping[str]) -> SignedIn:
        """The person whom the provider's answer (the callback's query) names. Raises SignInFailed."""
        metadata = await self._described()
        code = _code(answer, self.registration.issuer, names_itself=metadata.names_itself)
        text = await exchange(metadata, self.registration, code=code, verifier=flow.verifier)
        try:
            keys = self._key_set(metadata)
            token = await read_id_token(text, keys, self.registration, nonce=flow.nonce)
        except KeysUnavailable:
            raise SignInFailed(Reason.AWAY, "key set") from None
        except INVALID as error:
            raise SignInFailed(Reason.TOKEN, type(error).__name__) from None
        return self._signed_in(token)

    async def read_logout(self, text: str) -> Logout:
        """The logout that a token orders. Raises InvalidLogout, or SignInFailed where the provider's keys are away."""
        try:
            keys = self._key_set(await self._described())
            return await read_logout_token(text, keys, self.registration, now=now())
        except KeysUnavailable:
            raise SignInFailed(Reason.AWAY, "key set") from None
        except INVALID as error:
            raise InvalidLogout(type(error).__name__) from None

    async def end_session_url(self, id_token: str | None) -> str | None:
        """Where a browser also ends the provider's session (RP-Initiated Logout 1.0); None where that cannot be known
        or done."""
        try:
            address = (await self._described()).end_session
        except SignInFailed:
            return None
        if address is None:
            return None
        us = self.registration
        query = {"client_id": us.client_id, "post_logout_redirect_uri": us.signed_out_uri}
        if id_token is not None and len(id_token) <= _LONGEST_HINT:
            query["id_token_hint"] = id_token
        return str(URL(address).update_query(query))

    async def close(self) -> None:
        """Ends reads that are under way."""
        await self._metadata.close()
        for keys in self._key_sets.values():
            await keys.close()

    def _signed_in(self, token: IdToken) -> SignedIn:
        rules = self.registration.rules
        name, roles = rules.name(token.claims, token.subject), rules.roles(token.claims)
        if not roles:
            raise SignInFailed(Reason.ROLE, who=name)
        latest = now() + timedelta(seconds=self.registration.longest_session)
        return SignedIn(name, roles, min(token.expires_at, latest), token)

    async def _described(self) -> Metadata:
        try:
            return await self._metadata.current()
        except DocumentUnavailable:
            raise SignInFailed(Reason.AWAY, "metadata") from None

    def _key_set(self, metadata: Metadata) -> PublishedKeys:
        """The keys at the address that the newest metadata name."""
        if metadata.keys not in self._key_sets:
            self._key_sets[metadata.keys] = PublishedKeys(metadata.keys, clock=self._clock)
        return self._key_sets[metadata.keys]


def _code(answer: MultiMapping[str], issuer: str, *, names_itself: bool) -> str:
    """The code in the provider's answer. Raises SignInFailed. Words of the answer are not repeated anywhere: whoever
    makes somebody follow a link has written them."""
    named = answer.getall("iss", [])
    if (named or names_itself) and named != [issuer]:  # RFC 9207 §2.4
        raise SignInFailed(Reason.REFUSED, "of another issuer")
    errors, codes = answer.getall("error", []), answer.getall("code", [])
    if errors:
        if _AWAY.issuperset(errors):
            raise SignInFailed(Reason.AWAY, "an error of the provider")
        raise SignInFailed(Reason.CANCELLED if _CANCELLED.issuperset(errors) else Reason.REFUSED)
    if len(codes) != 1 or not 0 < len(codes[0]) <= _LONGEST_CODE or not (codes[0].isascii() and codes[0].isprintable()):
        raise SignInFailed(Reason.REFUSED, "no code")
    return codes[0]
