"""Quoted-printable lines, against the standard library."""

from binascii import b2a_qp
from collections.abc import Callable
from quopri import decodestring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier_service.channels.email.quoted_printable import (
    LONGEST,
    quoted,
    quoted_lines,
    quoted_short_lines,
    quoted_value,
)

PLAIN = st.text(st.sampled_from("ab =3D.~"), max_size=240)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=160)
LINES = st.lists(PLAIN | ANY, min_size=1, max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))
SHORT = LINES.map(lambda text: "".join(f"{_cut(line)}\n" for line in text.split("\n")))


def _cut(line: str) -> str:
    return line.encode()[:LONGEST].decode(errors="ignore")


@given(LINES)
@example(".\n")
@example("a\n.\n")
@example(f"{'.' * 100}\n.a\n")
@example(f"{'a' * 75}.\n")
@example(f"{'a' * 73}=\n")
@example(f"{'=' * 80}\n")
@example(f"{'a' * 74} \n")
def test_lines_are_those_of_the_standard_library_but_for_dots_that_begin_one(text: str) -> None:
    content = text.replace("\n", "\r\n").encode()
    expected = b2a_qp(content, istext=True)
    for found in (quoted(text), quoted_lines(content)):
        assert found == expected or b"\n." in b"\n" + expected
        is_quoted_printable(found, content)


@given(SHORT)
@example("BEGIN:VEVENT\n")
@example("a \n.b\n")
def test_short_lines_are_decoded_to_what_they_were(text: str) -> None:
    content = text.replace("\n", "\r\n").encode()
    is_quoted_printable(quoted_short_lines(content), content)


@given(PLAIN | ANY | LINES)
@example("")
@example(f"{'a' * 75}")
@example("Dr. Ada ")
@example(". ")
def test_a_value_is_decoded_to_what_it_was_whatever_stands_behind_it(value: str) -> None:
    content = value.replace("\n", "\r\n").encode()
    is_quoted_printable(quoted_value(value), content)
    for behind in (b"=\r\n", b"\r\n"):
        is_quoted_printable(quoted_value(value) + behind, content + behind.removeprefix(b"=\r\n"))


@pytest.mark.parametrize("function", [quoted_lines, quoted_short_lines])
def test_crlf_alone_ends_a_line(function: Callable[[bytes], bytes]) -> None:
    assert decodestring(function(b"a\rb\r\n")) == b"a\rb\r\n"


def is_quoted_printable(encoded: bytes, content: bytes) -> None:
    """It means that content, has short lines of printable ASCII without a space at their ends, and no dot that SMTP
    would double."""
    assert decodestring(encoded) == content
    assert encoded.isascii()
    for line in encoded.split(b"\r\n"):
        assert len(line) <= LONGEST + 3  # 76 (RFC 2045), but b2a_qp does not count the "20" of a space at an end
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))
