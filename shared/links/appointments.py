"""Makes and reads the tokens of the links that show and change one appointment. Pure.

A token names the appointment and is signed. It holds no time: the page asks the appointment itself. So a link survives
moves, and ends when the appointment has ended. The key is derived for this purpose and this version alone, so that no
other signature made with the same secret is ever a token.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

PATH: Final = "/a/"
_PURPOSE: Final = b"punctual: see, move and cancel one appointment, version 1"
_VERSION: Final = "1"
_SIGNATURE: Final = 16
"""Bytes of the HMAC that a token keeps: half of it (RFC 2104 §5), so that a link fits into a line of a mail."""


@dataclass(frozen=True, slots=True)
class AppointmentLinks:
    """The links of one appointment: its page, the question whether to cancel, and its calendar file."""

    manage: str
    cancel: str
    calendar: str


class AppointmentTokens:
    def __init__(self, key: str) -> None:
        derived = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
        self._keyed = hmac.new(derived, digestmod=hashlib.sha256)  # copied for each token: sooner than keyed anew

    def issue(self, appointment_id: UUID) -> str:
        """The version, the appointment and the signature of both, with dots between them: 47 characters."""
        signed = f"{_VERSION}.{_encoded(appointment_id.bytes)}"
        keyed = self._keyed.copy()
        keyed.update(signed.encode())
        return f"{signed}.{_encoded(keyed.digest()[:_SIGNATURE])}"

    def appointment_of(self, token: str) -> UUID | None:
        """The appointment of a token that we have made; None for every other text."""
        try:
            appointment_id = UUID(bytes=base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        except (IndexError, ValueError):
            return None
        # made anew and compared whole, so that one appointment has one token: base64 has several spellings of most
        same = token.isascii() and hmac.compare_digest(self.issue(appointment_id), token)
        return appointment_id if same else None


def links_at(public_url: str, tokens: AppointmentTokens) -> Callable[[UUID], AppointmentLinks]:
    """Makes the links of an appointment, for pages at `public_url`, which has no slash at its end."""

    def appointment_links(appointment_id: UUID) -> AppointmentLinks:
        page = f"{public_url}{PATH}{tokens.issue(appointment_id)}"
        return AppointmentLinks(manage=page, cancel=f"{page}/cancel", calendar=f"{page}/calendar.ics")

    return appointment_links


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
