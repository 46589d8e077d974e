"""Folds the values of header fields, at spaces or as encoded words (RFC 5322 §2.2.3, RFC 2047).

The standard library's Header folds alike, and its answers are those that the tests expect. It measures the whole line
anew for each character: that took longer than the rest of a mail.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator
from functools import cache
from string import ascii_letters, digits
from typing import Final

LINE: Final = 76
"""Characters of a line with an encoded word in it, without its CRLF (RFC 2047 §2)."""
FOLD: Final = "\r\n "
_WORD: Final = re.compile(" *[^ ]+")
_CHROME: Final = len("=?utf-8?q??=")
_UNCHANGED: Final = f"{ascii_letters}{digits}-!*+/".encode()
"""Letters that "Q" leaves as they are everywhere, in a phrase too (RFC 2047 §5)."""
_Q: Final = {octet: chr(octet) if octet in _UNCHANGED else f"={octet:02X}" for octet in range(256)} | {0x20: "_"}


def at_spaces(field: str, value: str) -> str:
    """ASCII text without spaces at its ends, behind `field`. Lines end behind a semicolon or comma where they can."""
    return _in_two_lines(value, LINE - len(field) - 2) or _in_lines(field, value)


def _in_two_lines(value: str, room: int) -> str | None:
    """The same, sooner, for text of single spaces that fits into two lines, as most subjects do; None for others.
    `room`: characters of the first one."""
    if len(value) <= room:
        return value
    end = value.rfind(" ", 0, room + 1)
    if end <= 0 or "  " in value:
        return None
    for mark in ("; ", ", "):
        if (found := value.rfind(mark, 0, end + 1)) >= 0:
            end = found + 1
            break
    return f"{value[:end]}\r\n{value[end:]}" if len(value) - end <= LINE else None


def _in_lines(field: str, value: str) -> str:
    lines: list[str] = []
    line: list[str] = []
    length = len(field) + 2
    for word in _WORD.findall(value):
        line.append(word)
        length += len(word)
        if length > LINE and len(line) > 1:
            end = _end_of_line(line)
            lines.append("".join(line[:end]))
            line = line[end:]
            length = sum(map(len, line))
        elif length > LINE and not lines:  # the first word is too long to stand beside the field's name
            lines.append("")
            line, length = [f" {word}"], len(word) + 1
    return "\r\n".join([*lines, "".join(line)])


def _end_of_line(words: list[str]) -> int:
    """How many of the words stay in the line."""
    for mark in ";,":
        for end in range(len(words) - 1, 0, -1):
            if words[end - 1].endswith(mark):
                return end
    return len(words) - 1


def encoded(field: str, value: str) -> str:
    """Any text as encoded words in UTF-8, as "B" or "Q", whichever is shorter. No character is cut in two: each word
    is decoded by itself (RFC 2047 §5)."""
    content = value.encode()
    rooms = _rooms(len(field) + 2)
    if (len(content) + 2) // 3 * 4 < _length_as_q(content):
        return FOLD.join(f"=?utf-8?b?{piece}?=" for piece in _as_b(content, rooms))
    return FOLD.join(f"=?utf-8?q?{piece}?=" for piece in _as_q(content, rooms))


def _rooms(used: int) -> Iterator[int]:
    """Characters for the text of each word."""
    yield LINE - used - _CHROME
    while True:
        yield LINE - len(" ") - _CHROME


def _length_as_q(content: bytes) -> int:
    return len(content) + 2 * len(content.translate(None, _UNCHANGED + b" "))


def _as_b(content: bytes, rooms: Iterator[int]) -> Iterator[str]:
    begin = 0
    while begin < len(content):
        end = begin + next(rooms) // 4 * 3
        while end < len(content) and content[end] & 0xC0 == 0x80:  # within a character of UTF-8
            end -= 1
        yield b2a_base64(content[begin:end], newline=False).decode()
        begin = end


def _as_q(content: bytes, rooms: Iterator[int]) -> Iterator[str]:
    text, begin = "".join(map(_Q.__getitem__, content)), 0
    while begin < len(text):
        found = _fitting(next(rooms)).match(text, begin)
        if found is None:  # no room for one character: none of our fields has such a name
            raise ValueError("the field's name is too long")
        yield found[0]
        begin = found.end()


@cache
def _fitting(room: int) -> re.Pattern[str]:
    """As much of a text in "Q" as fits, ending neither within "=C3" nor within a character of UTF-8."""
    return re.compile(f".{{1,{room}}}(?<!=)(?<!=.)(?!=[89AB])")
