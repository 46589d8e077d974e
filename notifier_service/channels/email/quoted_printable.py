"""Quoted-printable (RFC 2045 §6.7): the bytes that binascii.b2a_qp gives, sooner for ASCII, which most lines are, and
without a dot at the start of a line.

b2a_qp looks at each byte twice. Of plain ASCII only "=" changes, and only long lines are broken. SMTP doubles dots at
the start of lines: to search a mail for them takes longer than to fill it.
"""

import re
from binascii import b2a_qp
from typing import Final

LONGEST: Final = 75
"""Bytes of a line that is not broken, and of a piece of one in front of its "=". b2a_qp breaks one of 76, too."""
SOFT_BREAK: Final = b"=\r\n"
"""Ends a line of the encoded text, and none of the text itself."""
_SHORT_CUT: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), 0x0A})
"""All but controls, which only b2a_qp encodes."""
_PIECE: Final = re.compile(rb".{1,%d}(?<!=)(?<!=3)" % LONGEST)
"""Never ends within "=3D"."""
_ENDS: Final = (b" ", b".")
"""A space at the end of a line is encoded, and so is the "." of a line that has nothing else."""
_DOTS: Final = re.compile(rb"^\.+", re.MULTILINE)
_A_LINE_OF_DOTS: Final = 24
_UNCHANGED: Final = bytes({*range(0x20, 0x7F), 0x0D, 0x0A} - {ord("=")})


def quoted(lines: str) -> bytes:
    """Text as quoted-printable lines that CRLF ends. Each line of the text ends with "\n"."""
    content = lines.encode("utf-8", "replace")
    return _dotless(_quoted(content) if _is_plain(content) else b2a_qp(content.replace(b"\n", b"\r\n"), istext=True))


def quoted_lines(content: bytes) -> bytes:
    """Text as quoted-printable. CRLF ends each line of both."""
    plain = content.replace(b"\r\n", b"\n")
    return _dotless(_quoted(plain) if _is_plain(plain) else b2a_qp(content, istext=True))


def quoted_short_lines(content: bytes) -> bytes:
    """The same for lines of at most LONGEST bytes, which most often stay as they are."""
    is_same = not content.translate(None, _UNCHANGED) and b" \r\n" not in content and b"." not in content[:1]
    return content if is_same and b"\n." not in content else quoted_lines(content)


def quoted_value(value: str) -> bytes:
    """A value that begins a line of the encoded text, without the end of its last line."""
    if (
        len(value) <= LONGEST
        and value.isascii()
        and value.isprintable()
        and "=" not in value
        and value[:1] != "."
        and value[-1:] != " "
    ):
        return value.encode()
    return quoted(value + "\n")[:-2]


def _is_plain(content: bytes) -> bool:
    """Without controls but line ends."""
    return not content.translate(None, _SHORT_CUT)


def _quoted(content: bytes) -> bytes:
    lines = content.replace(b"=", b"=3D").split(b"\n")
    return b"\r\n".join(
        [
            line if len(line) <= LONGEST and line.isascii() and not line.endswith(_ENDS) else _encoded(line)
            for line in lines
        ]
    )


def _pieces(line: bytes) -> list[bytes]:
    return [line[at : at + LONGEST] for at in range(0, len(line), LONGEST)]


def _encoded(line: bytes) -> bytes:
    """`line`: with "=3D" for "=" already."""
    if line.isascii() and not line.endswith(b" ") and line != b".":
        return SOFT_BREAK.join(_PIECE.findall(line) if b"=" in line else _pieces(line))
    return b2a_qp(line.replace(b"=3D", b"=") + b"\r\n", istext=True)[:-2]


def _dotless(encoded: bytes) -> bytes:
    """The same text with each dot at the start of an encoded line as "=2E", and a soft break behind it."""
    return _DOTS.sub(_dots, encoded) if b"\n." in encoded or encoded[:1] == b"." else encoded


def _dots(found: re.Match[bytes]) -> bytes:
    count = len(found[0])
    return b"".join(b"=2E" * min(_A_LINE_OF_DOTS, count - at) + SOFT_BREAK for at in range(0, count, _A_LINE_OF_DOTS))
