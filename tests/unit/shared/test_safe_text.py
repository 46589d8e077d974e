"""Text from outside: what comes out can be stored, shown and told from every other text."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safe_text import escaped, escaped_values, storable

ANYTHING = st.text(st.characters(exclude_categories=())) | st.binary()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | ANYTHING
    | st.datetimes()
    | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner),
    max_leaves=10,
)


def is_fit(text: str) -> bool:
    text.encode()  # no lone surrogate
    return not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)


@given(ANYTHING, st.integers(1, 50))
def test_anything_becomes_one_short_line(text: str | bytes, longest: int) -> None:
    shown = storable(text, longest=longest)
    assert is_fit(shown)
    assert len(shown) <= longest


@given(ANYTHING)
def test_in_prose_line_ends_and_tabs_stay(text: str | bytes) -> None:
    shown = storable(text, longest=None, lines=True)
    assert is_fit(shown.replace("\r\n", "").replace("\n", "").replace("\t", ""))


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))))
def test_text_stays_as_it_is(text: str) -> None:
    assert storable(text) == text
    assert storable(text.encode()) == text


@given(st.binary(), st.binary())
def test_what_is_escaped_is_told_from_everything_else(one: bytes, other: bytes) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)


@given(st.binary())
def test_what_is_escaped_can_be_told_exactly(content: bytes) -> None:
    shown = escaped(content)
    assert is_fit(shown)
    meant = {"\\\\": b"\\"} | {rf"\x{n:02x}": bytes([n]) for n in range(256)}

    def read(found: re.Match[str]) -> str:
        known = meant.get(found[0])
        return known.decode("utf-8", "surrogateescape") if known else found[0].encode().decode("unicode_escape")

    said = re.sub(r"\\\\|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}", read, shown)
    assert said.encode("utf-8", "surrogateescape") == content


@given(VALUES)
def test_any_table_becomes_json_that_can_be_stored(value: Any) -> None:
    text = orjson.dumps(escaped_values(value)).decode()
    assert "\\u0000" not in text.replace("\\\\", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"a\x00b", r"a\x00b"),
        ("\ud800", r"\ud800"),
        (b"\xff", r"\xff"),
        ("\x85\u2028", r"\u0085\u2028"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("x" * 10_001, "x" * 9_999 + "…"),
    ],
)
def test_examples(text: str | bytes, shown: str) -> None:
    assert storable(text) == shown


def test_times_and_bytes_of_tables_are_text() -> None:
    assert escaped_values({"at": datetime(2027, 1, 5, tzinfo=UTC), "raw": bytearray(b"\x00"), "n": float("inf")}) == {
        "at": "2027-01-05T00:00:00+00:00",
        "raw": r"\x00",
        "n": "inf",
    }
