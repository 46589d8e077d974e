"""Reads a dead letter once more, with the code of today, and shows its body, with any bytes. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from shared.errors import EnvelopeError
from shared.jobs import envelope
from shared.jobs.model import Ticket
from shared.safe_text import storable

_PLACE: Final = re.compile(r"\(char (\d+)\)")
_LINE: Final = 16
_LONGEST_DUMP: Final = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """`ticket`: the message, if it can be read now; else `why` not. `before`, `after`: the body as text with escapes,
    cut at the place where reading stopped. `dump`: its bytes, if they are not plain text."""

    ticket: Ticket | None
    why: str
    before: str
    after: str
    dump: str


def read_again(body: bytes) -> Reading:
    """
    >>> reading = read_again(b'{"version": 1, oops}')
    >>> reading.before, reading.after
    ('{"version": 1, ', 'oops}')
    """
    ticket, why = None, ""
    try:
        ticket = envelope.parse(body)
    except EnvelopeError as error:
        why = str(error)
    text = body.decode("utf-8", "surrogateescape")
    place = _place(why, text)
    before, after = (storable(part, longest=None, lines=True) for part in (text[:place], text[place:]))
    return Reading(ticket, why, before, after, "" if before + after == text else dump(body))


def dump(body: bytes) -> str:
    """Bytes in hexadecimal and as ASCII, sixteen a line.

    >>> dump(b"\\x00ab")
    '0000  00 61 62                                         .ab'
    """
    lines = []
    for place in range(0, min(len(body), _LONGEST_DUMP), _LINE):
        part = body[place : place + _LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{place:04x}  {part.hex(' '):<47}  {shown}")
    if len(body) > _LONGEST_DUMP:
        lines.append(f"… {len(body) - _LONGEST_DUMP:,} bytes more")
    return "\n".join(lines)


def _place(why: str, text: str) -> int:
    found = _PLACE.search(why)
    return min(int(found[1]), len(text)) if found else len(text)
