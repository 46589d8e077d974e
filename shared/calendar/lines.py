"""Writes the content lines of RFC 5545: text with escapes, parameters, folding by octets. Pure."""

import re
from typing import Final
from urllib.parse import quote

LONGEST: Final = 75
"""Octets of a line without its CRLF (RFC 5545 §3.1)."""
_SPECIAL: Final = re.compile("[\\\\;,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IN_PARAMETER: Final = re.compile('["\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_ESCAPED: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


def text(value: str) -> str:
    """A value of type TEXT (RFC 5545 §3.3.11): line ends become \\n, and other controls a space.

    >>> text("Room 4; 2nd floor, left")
    'Room 4\\\\; 2nd floor\\\\, left'
    """
    return _SPECIAL.sub(lambda found: _ESCAPED.get(found[0], " "), value)


def parameter(value: str) -> str:
    """A parameter's value in quotes, which it cannot contain (RFC 5545 §3.2)."""
    return f'"{_IN_PARAMETER.sub(lambda found: chr(39) if found[0] == chr(34) else " ", value)}"'


def mailto(address: str) -> str:
    """The address as a URI (RFC 6068 §2)."""
    if _PLAIN_ADDRESS.fullmatch(address):
        return f"mailto:{address}"
    local, _, domain = address.rpartition("@")
    return f"mailto:{quote(local, safe='')}@{quote(domain, safe='[]:')}"


def folded(line: str) -> bytes:
    """The line with its CRLF. No character is cut in two: some calendars decode each line by itself."""
    if len(line) <= LONGEST and line.isascii():
        return line.encode() + b"\r\n"
    if line.isascii():
        content = line.encode()
        rest = [content[at : at + LONGEST - 1] for at in range(LONGEST, len(content), LONGEST - 1)]
        return b"\r\n ".join([content[:LONGEST], *rest]) + b"\r\n"
    content, pieces, begin, room = line.encode(), [], 0, LONGEST
    while begin < len(content):
        end = min(begin + room, len(content))
        while end < len(content) and content[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(content[begin:end])
        begin, room = end, LONGEST - 1  # the space that marks a continuation counts
    return b"\r\n ".join(pieces) + b"\r\n"
