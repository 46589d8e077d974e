"""Quoted-printable (RFC 2045 §6.7): the bytes that binascii.b2a_qp gives, sooner for ASCII, which most lines are.

b2a_qp looks at each byte twice. Of plain ASCII only "=" changes, and only long lines are broken.
"""

import re
from binascii import b2a_qp
from typing import Final

_SHORT_CUT: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), 0x0A})
"""All but controls, which only b2a_qp encodes."""
_LONGEST: Final = 75
"""Bytes of a line that is not broken, and of a piece of one in front of its "=". b2a_qp breaks one of 76, too."""
_PIECE: Final = re.compile(rb".{1,%d}(?<!=)(?<!=3)" % _LONGEST)
"""Never ends within "=3D"."""
_ENDS: Final = (b" ", b".")
"""A space at the end of a line is encoded, and so is the "." of a line that has nothing else."""


def quoted(lines: str) -> bytes:
    """Text as quoted-printable lines that CRLF ends. Each line of the text ends with "\n"."""
    content = lines.encode("utf-8", "replace")
    return _quoted(content) if _is_plain(content) else b2a_qp(content.replace(b"\n", b"\r\n"), istext=True)


def quoted_lines(content: bytes) -> bytes:
    """Text as quoted-printable. CRLF ends each line of both."""
    plain = content.replace(b"\r\n", b"\n")
    return _quoted(plain) if _is_plain(plain) else b2a_qp(content, istext=True)


def _is_plain(content: bytes) -> bool:
    """Without controls but line ends."""
    return not content.translate(None, _SHORT_CUT)


def _quoted(content: bytes) -> bytes:
    lines = content.replace(b"=", b"=3D").split(b"\n")
    return b"\r\n".join(
        [
            line if len(line) <= _LONGEST and line.isascii() and not line.endswith(_ENDS) else _encoded(line)
            for line in lines
        ]
    )


def _pieces(line: bytes) -> list[bytes]:
    return [line[at : at + _LONGEST] for at in range(0, len(line), _LONGEST)]


def _encoded(line: bytes) -> bytes:
    """`line`: with "=3D" for "=" already."""
    if line.isascii() and not line.endswith(b" ") and line != b".":
        return b"=\r\n".join(_PIECE.findall(line) if b"=" in line else _pieces(line))
    return b2a_qp(line.replace(b"=3D", b"=") + b"\r\n", istext=True)[:-2]
