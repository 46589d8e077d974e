"""One sign-in on its way to the provider and back: state, nonce and PKCE, all bound to one browser. Pure.

The browser's cookie has a random secret. The state is sealed with it: it holds the page that was meant, opens with that
cookie alone, and says nothing to the provider. Nonce and PKCE verifier are derived from both. So nothing is stored
before the provider has vouched for somebody, and several tabs can sign in at once.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIFETIME: Final = 600
"""Seconds from the click on "sign in" to the provider's answer."""
LONGEST_TARGET: Final = 1_000
"""Bytes of UTF-8."""
_LONGEST_STATE: Final = 4_000
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_IV: Final = 12


@dataclass(frozen=True, slots=True)
class Flow:
    """`target`: the page that was meant. `replaces`: the session that this one follows (its hash), if there was one."""

    state: str
    nonce: str
    verifier: str
    target: str
    replaces: bytes | None = None

    @property
    def challenge(self) -> str:
        """S256 of the verifier (RFC 7636 §4.2)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def digest(self) -> bytes:
        """Names the flow, for a list of those that were used."""
        return hashlib.sha256(self.state.encode()).digest()


def browser_secret(kept: str | None) -> str:
    """The secret of a browser's cookie if it has a usable one; else a new one."""
    return kept if kept is not None and _SECRET.fullmatch(kept) else secrets.token_urlsafe(32)


def begin(secret: str, *, target: str, replaces: bytes | None, now: float) -> Flow:
    """A new flow of the browser with that secret. `now`: seconds since 1970."""
    inside = {"target": target, "ends": int(now) + LIFETIME, "replaces": (replaces or b"").hex()}
    iv = secrets.token_bytes(_IV)
    state = _text(iv + AESGCM(_key(secret, "state")).encrypt(iv, orjson.dumps(inside), None))
    return _flow(secret, state, target, replaces)


def resume(secret: str | None, state: str, *, now: float) -> Flow | None:
    """The flow that a state names; None if it is not of the browser with that secret, or has taken too long."""
    if secret is None or not _SECRET.fullmatch(secret) or len(state) > _LONGEST_STATE:
        return None
    try:
        raw = _bytes(state)
        inside = orjson.loads(AESGCM(_key(secret, "state")).decrypt(raw[:_IV], raw[_IV:], None))
    except (ValueError, InvalidTag):
        return None
    if inside["ends"] < now:
        return None
    return _flow(secret, state, inside["target"], bytes.fromhex(inside["replaces"]) or None)


def _flow(secret: str, state: str, target: str, replaces: bytes | None) -> Flow:
    return Flow(state, _derived(secret, "nonce", state), _derived(secret, "verifier", state), target, replaces)


def _derived(secret: str, purpose: str, state: str) -> str:
    return _text(hmac.new(_key(secret, purpose), state.encode(), hashlib.sha256).digest())


def _key(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"punctual sign-in {purpose}".encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError unless it is spelt as `_text` does: each state has one spelling, so that it is used once."""
    raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(raw) != text:
        raise ValueError("another spelling")
    return raw
