"""Makes text from outside safe to store, log, use as a label and send on. Pure.

PostgreSQL takes no NUL (22021), UTF-8 has no lone surrogates, and a terminal obeys control characters. Nothing is
dropped: each of these becomes an escape, so that people see it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Final

LONGEST: Final = 10_000
"""Characters of a text for people: replies of servers, texts of errors."""
# NUL and all other controls, lone surrogates, line and paragraph separators
_CONTROLS: Final = r"\x00-\x1f\x7f-\x9f"
_LINE: Final = re.compile(rf"[{_CONTROLS}\ud800-\udfff\u2028\u2029]")
_PROSE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]|\r(?!\n)")
_EXACT: Final = re.compile(rf"[\\{_CONTROLS}\ud800-\udfff\u2028\u2029]")


def storable(text: str | bytes, *, longest: int | None = LONGEST, lines: bool = False) -> str:
    r"""The text with escapes for what cannot be stored or shown, cut after `longest` characters (None: whole).

    Bytes are read as UTF-8. `lines`: line ends and tabs stay as they are.

    >>> storable(b"550 no\x00 such \xff user"), storable("much too long", longest=5)
    ('550 no\\x00 such \\xff user', 'much…')
    """
    read = _text(text)
    if read.isprintable() and (longest is None or len(read) <= longest):
        return read
    # an escape is never shorter than its character, so characters beyond `longest` need no look
    shown = (_PROSE if lines else _LINE).sub(_escape, read if longest is None else read[: longest + 1])
    return shown if longest is None or len(shown) <= longest else shown[: longest - 1] + "…"


def is_line(text: str) -> bool:
    """Whether the text can be stored unchanged, and is one line. Tabs may stand in it, since errors have them."""
    return text.isprintable() or not _LINE.search(text.replace("\t", ""))


def escaped(text: str | bytes) -> str:
    r"""All of the text, so that it can be told exactly what it was: a backslash is written as two.

    >>> escaped(b"C:\\ \x00\xff")
    'C:\\\\ \\x00\\xff'
    """
    return _EXACT.sub(_escape, _text(text))


def escaped_values(value: Any) -> Any:
    """The values of an AMQP table as values of JSON; all text is escaped."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if isfinite(value) else str(value)
        case str() | bytes():
            return escaped(value)
        case bytearray() | memoryview():
            return escaped(bytes(value))
        case datetime():
            return value.isoformat()
        case Mapping():
            return {escaped(str(key)): escaped_values(each) for key, each in value.items()}
        case Iterable():
            return [escaped_values(each) for each in value]
        case _:
            return escaped(str(value))


def _text(text: str | bytes) -> str:
    """Decodes UTF-8. Each invalid byte becomes a lone surrogate that names it (PEP 383)."""
    return text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code > 0x7F else f"\\x{code:02x}"
