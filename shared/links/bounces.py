"""Makes and reads the tokens of bounce addresses (VERP): the envelope sender of a mail names its job. Pure.

A token has 48 letters and digits of base32, which may lose their case on the way: the job's id (16 bytes), a proof of
the recipient (4 bytes), a signature of both (10 bytes). With "bounces+" it fits into the 64 octets of a local part
(RFC 5321 §4.5.3.1.1). The key is derived from BOUNCE_KEY for this purpose and this version alone.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_PURPOSE: Final = b"punctual: bounce address, version 1"
_ID: Final = 16
_PROOF: Final = 4
_SIGNATURE: Final = 10
LENGTH: Final = (_ID + _PROOF + _SIGNATURE) * 8 // 5
"""Characters of a token."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """The job that a token names, and the proof of its recipient."""

    job_id: UUID
    proof: bytes


class BounceTokens:
    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)

    def issue(self, job_id: UUID, recipient: str) -> str:
        """`recipient`: the address that the mail goes to, normalised."""
        signed = job_id.bytes + _proof(recipient)
        return base64.b32encode(signed + self._signature(signed)).decode().lower()

    def read(self, token: str) -> Bounced | None:
        """The job of a token that we have made, in letters of any case; None for every other text."""
        if len(token) != LENGTH or not token.isascii():
            return None
        try:
            content = base64.b32decode(token.upper())
        except binascii.Error:
            return None
        signed, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
        if not hmac.compare_digest(self._signature(signed), signature):
            return None
        return Bounced(UUID(bytes=signed[:_ID]), signed[_ID:])

    def _signature(self, signed: bytes) -> bytes:
        return hmac.digest(self._key, signed, hashlib.sha256)[:_SIGNATURE]


def is_proof_of(proof: bytes, recipient: str) -> bool:
    """Whether the proof in a token is of this address, normalised."""
    return hmac.compare_digest(proof, _proof(recipient))


def _proof(recipient: str) -> bytes:
    return hashlib.sha256(recipient.encode("utf-8", "surrogatepass")).digest()[:_PROOF]


class BounceAddresses:
    """The envelope senders of mails: `bounces+TOKEN@clinic.example` for the address bounces@clinic.example."""

    def __init__(self, address: str, key: str) -> None:
        self._local, _, self._domain = address.rpartition("@")
        self._tokens = BounceTokens(key)

    def issue(self, job_id: UUID, recipient: str) -> str:
        """`recipient`: the address that the mail goes to, normalised."""
        return f"{self._local}+{self._tokens.issue(job_id, recipient)}@{self._domain}"

    def read(self, address: str) -> Bounced | None:
        """The mail that an address names; None where we have not made it. Its domain may have been rewritten."""
        local = address.strip().removeprefix("<").removesuffix(">").rpartition("@")[0]
        return self._tokens.read(local.rpartition("+")[2])
