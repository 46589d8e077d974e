"""When a database counts as one that takes no writes."""

from hypothesis import given
from hypothesis import strategies as st

from shared.database import writes
from shared.database.writes import IN_A_ROW, Writes


@given(st.lists(st.booleans()))
def test_writes_are_refused_when_the_last_ones_all_were(outcomes: list[bool]) -> None:
    seen = Writes()
    for taken in outcomes:
        (seen.taken if taken else seen.refused)()
    assert seen.are_taken == (len(outcomes) < IN_A_ROW or any(outcomes[-IN_A_ROW:]))


def test_refusals_are_forgotten_when_nobody_tries_again() -> None:
    seen = Writes()
    for _ in range(IN_A_ROW):
        seen.refused()
    seen._at -= writes.FRESH + 1
    assert seen.are_taken
