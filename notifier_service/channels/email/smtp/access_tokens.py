"""Fetches OAuth 2.0 access tokens for the login at a mail server (XOAUTH2), and renews them before they expire.

Grants: client credentials (RFC 6749 §4.4), used by Microsoft 365 for SMTP; or a refresh token (§6), used by Google.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import aiohttp
import orjson
import structlog

from shared.errors import PunctualError

log = structlog.get_logger("notifier_service.access_tokens")

AHEAD: Final = 300.0
"""Seconds before its expiry at which a token is renewed. For a token that lives shorter than twice that: half its
life."""
_TIMEOUT: Final = 10.0
_LONGEST: Final = 65_536
_ASSUMED_LIFE: Final = 600.0
"""Lifetime in seconds of a token whose endpoint does not name one (`expires_in` is only recommended, §5.1)."""


class TokenUnavailable(PunctualError):
    """The token endpoint could not be reached, or had no answer for now."""


class TokenRefused(PunctualError):
    """The token endpoint refuses our credentials. The message has its error code (RFC 6749 §5.2)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The request to the token endpoint: with `refresh_token` by that grant, else by client credentials."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)

    @property
    def form(self) -> dict[str, str]:
        fields = {
            "grant_type": "client_credentials" if self.refresh_token is None else "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
            "refresh_token": self.refresh_token,
        }
        return {name: value for name, value in fields.items() if value}


class AccessTokens:
    """Holds one token for all connections."""

    def __init__(self, grant: Grant, *, clock: Callable[[], float] = monotonic) -> None:
        self._grant = grant
        self._clock = clock
        self._token = ""
        self._renew_at = self._ends_at = 0.0
        self._asking = asyncio.Lock()

    async def current(self) -> str:
        """A token that stays valid for a while. Raises TokenUnavailable, TokenRefused."""
        if self._clock() < self._renew_at:
            return self._token
        async with self._asking:
            if self._clock() >= self._renew_at:
                await self._renew()
        return self._token

    def forget(self) -> None:
        """To be called when the mail server has refused the token: the next login fetches another one."""
        self._renew_at = self._ends_at = 0.0

    async def _renew(self) -> None:
        """While the endpoint is away, a token that has not expired still serves."""
        try:
            token, lifetime = await self._ask()
        except TokenUnavailable as error:
            if self._clock() >= self._ends_at:
                raise
            log.warning("access token not renewed yet", error=str(error))
            return
        now = self._clock()
        self._token, self._ends_at = token, now + lifetime
        self._renew_at = self._ends_at - min(AHEAD, lifetime / 2)

    async def _ask(self) -> tuple[str, float]:
        """Fetches a token. Returns it with its lifetime in seconds."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_TIMEOUT)) as http,
                http.post(self._grant.token_url, data=self._grant.form, allow_redirects=False) as answer,
            ):
                status, body = answer.status, await _object(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TokenUnavailable(f"the token endpoint cannot be asked ({type(error).__name__})") from error
        if status in (400, 401, 403):
            raise TokenRefused(f"the token endpoint refuses our credentials ({status} {_code(body)})")
        token, lifetime = body.get("access_token"), body.get("expires_in", _ASSUMED_LIFE)
        if status != 200 or not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise TokenUnavailable(f"the token endpoint gave no token ({status})")
        return token, _seconds(lifetime)


async def _object(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON object of an answer; empty when there is none."""
    raw = bytearray()
    async for piece in answer.content.iter_any():
        raw += piece
        if len(raw) > _LONGEST:
            return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: dict[str, Any]) -> str:
    """The error code, which has a small alphabet (RFC 6749 §5.2). Nothing else of the answer is repeated."""
    code = body.get("error")
    return code[:60] if isinstance(code, str) and code.isascii() and code.isprintable() else "without a reason"


def _seconds(value: object) -> float:
    """A lifetime in seconds; some endpoints send it as text."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) else _ASSUMED_LIFE
    except ValueError:
        return _ASSUMED_LIFE
    return seconds if 0 < seconds < 10**7 else _ASSUMED_LIFE
