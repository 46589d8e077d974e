"""Which times an offer has."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api_service.doctors.slot_rules import Slot
from api_service.offers.model import TIMES, chosen

MONDAY = date(2027, 1, 11)


def a_slot(days: int, hour: int) -> Slot:
    starts = datetime.combine(MONDAY + timedelta(days=days), time(hour), UTC)
    return Slot(starts.date(), starts.time(), starts, starts + timedelta(minutes=30))


def places(slots: list[Slot]) -> list[tuple[int, int]]:
    return [((each.local_date - MONDAY).days, each.local_time.hour) for each in slots]


def test_each_of_the_next_days_gives_the_time_nearest_to_the_usual_one() -> None:
    free = [a_slot(days, hour) for days in (0, 1, 3, 4) for hour in (8, 11, 16)]
    assert places(chosen(free, time(10))) == [(0, 11), (1, 11), (3, 11)]
    assert places(chosen(free, time(23))) == [(0, 16), (1, 16), (3, 16)]


def test_few_days_give_their_earliest_other_times() -> None:
    assert places(chosen([a_slot(0, hour) for hour in (8, 11, 16, 17)], time(16))) == [(0, 8), (0, 11), (0, 16)]
    assert places(chosen([a_slot(2, 9), a_slot(0, 9)], time(9))) == [(0, 9), (2, 9)]
    assert chosen([], time(9)) == []


@given(free=st.sets(st.tuples(st.integers(0, 20), st.integers(0, 23))), clock=st.times())
def test_times_are_free_different_in_order_and_on_different_days_where_there_are_enough(
    free: set[tuple[int, int]], clock: time
) -> None:
    found = places(chosen([a_slot(*place) for place in free], clock))
    assert set(found) <= free
    assert found == sorted(set(found))
    assert len(found) == min(TIMES, len(free))
    days = {day for day, _ in free}
    assert len({day for day, _ in found}) == min(TIMES, len(days))
