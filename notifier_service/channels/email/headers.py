"""Writes header fields whose values come from people. A line has at most 76 characters, and an encoded word, for text
that is not ASCII, at most 75 (RFC 5322 §2.1.1, RFC 2047 §2)."""

import re
from functools import lru_cache
from typing import Final

from notifier_service.channels.email.folding import FOLD, LINE, at_spaces, encoded

_PLAIN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/?^_`{|}~-]+)*")
"""A name that stands in a header field as it is, if it is short."""
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LOOKS_ENCODED: Final = "=?"


def text(field: str, value: str) -> str:
    """The value of an unstructured field such as Subject, folded behind `field`: "Name: " itself is not in it."""
    is_short = len(field) + 2 + len(value) <= LINE
    if is_short and value.isascii() and value.isprintable() and _LOOKS_ENCODED not in value:
        return value
    return _folded(field, value)


@lru_cache(maxsize=1024)
def _folded(field: str, value: str) -> str:
    value = _CONTROLS.sub(" ", value)
    if not value.isascii() or _LOOKS_ENCODED in value:
        return encoded(field, value)
    return value if len(field) + 2 + len(value) <= LINE else at_spaces(field, value)


def mailbox(field: str, name: str, address: str) -> str:
    """The value of a field such as To that names one mailbox: its display name, of which there may be none, and its
    address as it is on the wire, which may be UTF-8 (RFC 6532 §3.2)."""
    if _PLAIN.fullmatch(name) and len(field) + len(name) + len(address) + 5 <= LINE:
        return f"{name} <{address}>"
    name = " ".join(_CONTROLS.sub(" ", name).split())
    if not name:
        return address
    phrase = _phrase(field, name)
    room = LINE - len(phrase.rpartition(FOLD)[2]) - (0 if FOLD in phrase else len(field) + 2)
    return f"{phrase}{' ' if len(address) + 3 <= room else FOLD}<{address}>"


def _phrase(field: str, name: str) -> str:
    """A display name: as it is where it is made of atoms, else quoted, else in encoded words."""
    is_short = len(field) + 2 + len(name) + 2 <= LINE
    if not name.isascii() or not is_short or _LOOKS_ENCODED in name:
        return encoded(field, name)
    if _ATOMS.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
