"""Reads replies from the bytes of a mail server. The bytes may come in any pieces, and may be garbage."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST: Final = 64 * 1024
"""The largest reply in octets, with all its lines. RFC 5321 §4.5.3.1.5 allows 512 in each line."""
_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
"""RFC 5321 §4.2: three ASCII digits; then a space, a hyphen if more lines follow, or nothing."""

_LONGEST_KEPT: Final = 200
"""Octets of a line that is kept read: a server says the same few things of each mail."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply; the lines of its text are joined."""

    code: int
    text: str


class Garbage(Exception):
    """The bytes are not a reply, so nobody knows which command the next reply answers."""


class ReplyReader:
    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def has_more(self) -> bool:
        """Whether unread bytes are left."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The complete replies so far. Raises Garbage; the reader cannot be used afterwards."""
        self._rest = self._rest + data if self._rest else data
        while (end := self._rest.find(b"\n")) >= 0:
            line, self._rest = self._rest[:end], self._rest[end + 1 :]
            reply = self._read(line.removesuffix(b"\r"))
            if reply is not None:
                yield reply
        if self._size + len(self._rest) > MOST:
            raise Garbage("a reply without end")

    def _read(self, line: bytes) -> Reply | None:
        if not self._lines and len(line) <= _LONGEST_KEPT and (known := _of_one_line(line)) is not None:
            return known
        found = _LINE.fullmatch(line)
        if found is None or (self._lines and found[1] != self._code):
            raise Garbage("no reply of SMTP")
        self._lines.append(found[3] or b"")
        self._size += len(line)
        if found[2] == b"-":
            self._code = found[1]
            if self._size > MOST:
                raise Garbage("a reply without end")
            return None
        text = b"\n".join(self._lines).decode("utf-8", "replace")
        self._lines, self._size = [], 0
        return Reply(int(found[1]), text)


@lru_cache(maxsize=256)
def _of_one_line(line: bytes) -> Reply | None:
    """None if it is no reply, or more lines follow."""
    found = _LINE.fullmatch(line)
    if found is None or found[2] == b"-":
        return None
    return Reply(int(found[1]), (found[3] or b"").decode("utf-8", "replace"))
