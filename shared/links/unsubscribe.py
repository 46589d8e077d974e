"""Makes and reads the tokens of the links that switch off a client's reminder e-mails (RFC 8058). Pure.

A token names the client and is signed. It does nothing else and never expires, so it may stand in a mail for years. Its
key is derived from UNSUBSCRIBE_KEY for this purpose and this version alone, so that no other signature made with that
key is ever a token.
"""

import base64
import hashlib
import hmac
from typing import Final

PATH: Final = "/unsubscribe/"
_PURPOSE: Final = b"punctual: unsubscribe from reminders, version 1"
_VERSION: Final = "1"


class UnsubscribeTokens:
    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)

    def issue(self, client_id: str) -> str:
        """The version, the client and the signature of both, with dots between them."""
        signed = f"{_VERSION}.{_encoded(client_id.encode())}"
        return f"{signed}.{_encoded(hmac.digest(self._key, signed.encode(), hashlib.sha256))}"

    def client_of(self, token: str) -> str | None:
        """The client of a token that we have made; None for every other text."""
        try:
            client_id = _decoded(token.split(".")[1])
        except (IndexError, ValueError):
            return None
        # made anew and compared whole, so that one client has one token: base64 has several spellings of most
        same = token.isascii() and hmac.compare_digest(self.issue(client_id), token)
        return client_id if same else None


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
