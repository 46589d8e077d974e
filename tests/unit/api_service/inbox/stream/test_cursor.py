"""The place in a stream that a client comes back with."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.inbox.stream.cursor import MOST_AHEAD, START, Cursor, begin, step


@dataclass(frozen=True)
class Row:
    id: UUID
    xact: int
    settled: bool


def rows(*places: tuple[int, int], horizon: int) -> list[Row]:
    """(xact, id) in their order; those of transactions before the horizon are settled."""
    return [Row(UUID(int=number), xact, xact < horizon) for xact, number in places]


@given(st.integers(0, 2**63 - 1), st.uuids(), st.frozensets(st.uuids(), max_size=MOST_AHEAD))
def test_a_cursor_survives_the_way_to_the_client_and_back(xact: int, row_id: UUID, ahead: frozenset[UUID]) -> None:
    cursor = Cursor(xact, row_id, ahead)
    assert Cursor.parse(str(cursor)) == cursor
    assert str(cursor).isascii()
    assert str(cursor).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1.5"),
        *(f"{number}.{'A' * 22}" for number in ("2.5", "1.-5", "1.٣", "1. 5", f"1.{2**63}")),
        *("1.5." + "A" * length for length in (21, 23)),
        "1.5." + ".".join(["A" * 22] * (MOST_AHEAD + 2)),
    ],
)
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert Cursor.parse(text) is None


@given(st.text() | st.from_regex(r"1\.[0-9]{1,21}(\.[A-Za-z0-9_-]{21,23}){1,4}", fullmatch=True))
def test_whatever_a_client_sends_is_a_cursor_or_none(text: str) -> None:
    parsed = Cursor.parse(text)
    assert parsed is None or Cursor.parse(str(parsed)) == parsed


def test_unsettled_rows_are_named_until_they_are_settled() -> None:
    first = step(Cursor(0), rows((5, 1), (7, 2), (7, 3), horizon=7))
    assert [row.id.int for row, _ in first.rows] == [1, 2, 3]
    assert first.cursor == Cursor(5, UUID(int=1), frozenset({UUID(int=2), UUID(int=3)}))

    late = step(first.cursor, rows((6, 4), (7, 2), (7, 3), horizon=7))
    assert [row.id.int for row, _ in late.rows] == [4]

    assert step(late.cursor, rows((6, 4), (7, 2), (7, 3), horizon=9)).cursor == Cursor(7, UUID(int=3))


def test_more_unsettled_rows_than_a_cursor_may_name_are_held() -> None:
    found = rows(*((9, number) for number in range(1, MOST_AHEAD + 3)), horizon=9)
    taken = step(Cursor(0), found)
    assert (len(taken.rows), taken.held) == (MOST_AHEAD, True)
    rest = step(taken.cursor, rows(*((9, number) for number in range(1, MOST_AHEAD + 3)), horizon=10))
    assert (len(rest.rows), rest.held) == (2, False)


def test_a_stream_begins_beyond_what_a_list_shows() -> None:
    start = begin(7, rows((8, 1), horizon=7))
    assert start == Cursor(7, START, frozenset({UUID(int=1)}))
    assert [row.id.int for row, _ in step(start, rows((7, 2), (8, 1), horizon=8)).rows] == [2]
