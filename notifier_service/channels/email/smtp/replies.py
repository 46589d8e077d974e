"""Reads replies from the bytes of a mail server, which may come in any pieces, and may be no replies at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST: Final = 64 * 1024
"""Octets of one reply with all its lines. RFC 5321 §4.5.3.1.5 allows 512 a line."""
_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
"""RFC 5321 §4.2: a code in ASCII digits, then a space, a hyphen where more lines follow, or nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, the lines of its text joined."""

    code: int
    text: str


class Garbage(Exception):
    """What came is no reply: nobody knows which command the next one answers."""


class ReplyReader:
    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def has_more(self) -> bool:
        """Whether bytes are here that no reply has used up."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are whole now. Raises Garbage; the reader is of no use then."""
        self._rest = self._rest + data if self._rest else data
        while (end := self._rest.find(b"\n")) >= 0:
            line, self._rest = self._rest[:end], self._rest[end + 1 :]
            reply = self._read(line.removesuffix(b"\r"))
            if reply is not None:
                yield reply
        if self._size + len(self._rest) > MOST:
            raise Garbage("a reply without end")

    def _read(self, line: bytes) -> Reply | None:
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
