"""Keeps a form in the browser while its sender signs in at the provider: sealed, in a cookie, for ten minutes."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api_service.identity.oidc.flow import LIFETIME
from api_service.ops.dashboard.kept_forms import KeptForm

LONGEST: Final = 3_800
"""Characters of the cookie's value: browsers keep 4,096 bytes with name and attributes (RFC 6265, section 6.1)."""
_IV: Final = 12


@dataclass(frozen=True, slots=True)
class KeptInBrowser:
    """A form, and the page that it came from."""

    form: KeptForm
    target: str


def sealed(secret: str, kept: KeptInBrowser, *, now: float) -> str | None:
    """The cookie's value, for the browser with that secret alone; None if the form is too long. `now`: seconds since
    1970."""
    inside = [kept.form.action, kept.form.encoded, kept.target, int(now) + LIFETIME]
    iv = secrets.token_bytes(_IV)
    value = base64.urlsafe_b64encode(iv + AESGCM(_key(secret)).encrypt(iv, orjson.dumps(inside), None)).decode()
    return value if len(value) <= LONGEST else None


def opened(secret: str, cookie: str, *, now: float) -> KeptInBrowser | None:
    """None for whatever `sealed` has not made for this browser, or too long ago."""
    try:
        raw = base64.b64decode(cookie.encode("ascii"), altchars=b"-_", validate=True)
        action, encoded, target, ends = orjson.loads(AESGCM(_key(secret)).decrypt(raw[:_IV], raw[_IV:], None))
    except (ValueError, InvalidTag):
        return None
    form = KeptForm.parse(action, encoded)
    return None if form is None or ends < now else KeptInBrowser(form, target)


def fits(form: KeptForm, target: str) -> bool:
    """Whether a browser can keep it."""
    return sealed("", KeptInBrowser(form, target), now=0) is not None


def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"punctual kept form", hashlib.sha256).digest()
