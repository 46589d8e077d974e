"""Parses and compares e-mail addresses, and spells them for mail servers. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import email_validator

LONGEST: Final = 254
"""Characters. RFC 5321 §4.5.3.1.3 allows a path of 256 octets, two of which are its brackets."""
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN: Final = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
"""Matches most addresses: ASCII, with no encoded label ("xn--") in the domain.

email-validator agrees, except for names such as .local, which a clinic's own mail may use. It takes fifty times as
long, and every mail needs one check.
"""


class InvalidAddress(ValueError):
    """Mail cannot be sent to this text as an address; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox.

    `normal`: its one spelling, for comparing. `wire`: its spelling in SMTP commands and header fields. That is ASCII
    unless `needs_smtputf8`; then every mail to it needs a server with that extension (RFC 6531).
    """

    normal: str
    wire: str
    needs_smtputf8: bool


@lru_cache(maxsize=4096)
def parse(text: str) -> Address:
    """The mailbox in a text, by RFC 5321 and RFC 6531, with a domain of two labels or more (RFC 5891). Quoted local
    parts and address literals are refused.

    Raises InvalidAddress.

    >>> parse("jan@bücher.example").wire
    'jan@xn--bcher-kva.example'
    >>> parse("jörg@bücher.example")
    Address(normal='jörg@bücher.example', wire='jörg@xn--bcher-kva.example', needs_smtputf8=True)
    """
    if len(text) > LONGEST:
        raise InvalidAddress(f"is longer than {LONGEST} characters")
    if _PLAIN.fullmatch(text):
        return Address(_with_small_domain(text), text, needs_smtputf8=False)
    try:
        found = email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError as error:
        raise InvalidAddress(f"is not an e-mail address: {error}") from None
    wire = f"{found.local_part}@{found.ascii_domain}"
    return Address(found.normalized, wire, needs_smtputf8=not wire.isascii())


def normalised(text: str) -> str:
    """One spelling for all spellings of a mailbox (RFC 5321 §2.4): the domain in lower case and decoded, the local part
    unchanged, since only its own server knows whether "A" and "a" are the same.

    An invalid address has one too, since older rows hold some.

    >>> normalised("Ada.Lovelace@Patients.EXAMPLE")
    'Ada.Lovelace@patients.example'
    >>> normalised("jan@xn--bcher-kva.example")
    'jan@bücher.example'
    """
    text = text.strip()
    try:
        return parse(text).normal
    except InvalidAddress:
        return _with_small_domain(unicodedata.normalize("NFC", text))


def spellings(text: str) -> list[str]:
    """The spellings of a mailbox in rows, all in lower case, to find it however it was typed.

    >>> spellings("Jan@BÜCHER.example")
    ['jan@bücher.example', 'jan@xn--bcher-kva.example']
    """
    text = text.strip()
    try:
        found = parse(text)
    except InvalidAddress:
        return [text.lower()]
    return sorted({text.lower(), found.normal.lower(), found.wire.lower()})


def _with_small_domain(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return local + at + domain.lower()
