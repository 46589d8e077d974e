"""Quoted-printable lines, against those of the standard library."""

from binascii import b2a_qp
from quopri import decodestring

from hypothesis import example, given
from hypothesis import strategies as st

from notifier_service.channels.email.quoted_printable import quoted, quoted_lines

PLAIN = st.text(st.sampled_from("ab =3D.~"), max_size=240)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=160)
LINES = st.lists(PLAIN | ANY, min_size=1, max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(LINES)
@example(".\n")
@example("a\n.\n")
@example(f"{'a' * 75}.\n")
@example(f"{'a' * 73}=\n")
@example(f"{'=' * 80}\n")
@example(f"{'a' * 74} \n")
def test_lines_are_those_of_the_standard_library(text: str) -> None:
    content = text.replace("\n", "\r\n").encode()
    expected = b2a_qp(content, istext=True)
    assert quoted(text) == expected
    assert quoted_lines(content) == expected
    assert decodestring(expected) == content
