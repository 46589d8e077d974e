"""Bars: what is not zero can be seen, and nothing leaves its place."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.dashboard.charts import HEIGHT, WIDTH, bars

NUMBERS = st.integers(0, 10**7)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=60)


@given(PAIRS)
def test_bars_stay_in_the_chart_and_failures_are_seen(pairs: list[tuple[int, int]]) -> None:
    placed = bars(pairs)
    assert len(placed) == len(pairs)
    for bar, (good, bad) in zip(placed, pairs, strict=True):
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 1
        assert (bar.good_height >= 2, bar.bad_height >= 6) == (good > 0, bad > 0)
        assert min(bar.good_y, bar.bad_y) > -0.01
        assert abs(bar.good_y + bar.good_height - HEIGHT) < 0.01
        assert bar.bad_y + bar.bad_height <= bar.good_y + 0.01
    for left, right in pairwise(placed):
        assert left.x + left.width < right.x
