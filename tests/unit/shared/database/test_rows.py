"""Rows become dataclasses by the names of their columns."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.rows import mapped


@dataclass(frozen=True, slots=True)
class Clinic:
    id: int
    name: str
    rooms: tuple[int, ...] = ()


@given(st.permutations(["id", "name", "rooms", "unasked"]))
def test_the_order_of_columns_and_further_columns_do_not_count(order: list[str]) -> None:
    row = {"id": 1, "name": "North", "rooms": (1, 2), "unasked": None}
    assert mapped(Clinic, {name: row[name] for name in order}) == Clinic(1, "North", (1, 2))


def test_a_missing_column_is_an_error_although_the_field_has_a_default() -> None:
    with pytest.raises(KeyError, match="rooms"):
        mapped(Clinic, {"id": 1, "name": "North"})


def test_fields_that_the_caller_gives_need_no_column() -> None:
    assert mapped(Clinic, {"id": 1, "name": "North"}, rooms=(3,)) == Clinic(1, "North", (3,))
