"""Percentiles, spreads and ratios of the benchmarks."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figures import Latency, Spread, percentile, ratios

NUMBERS = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=400).map(sorted)


@given(NUMBERS, st.floats(0.01, 1.0))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(ordered: list[float], share: float) -> None:
    value = percentile(ordered, share)
    enough = share * len(ordered) - 1e-6
    assert value in ordered
    assert sum(each <= value for each in ordered) >= enough
    below = [each for each in ordered if each < value]
    assert len(below) < share * len(ordered) + 1e-6


def test_the_99th_percentile_of_three_hundred_leaves_three_above() -> None:
    assert percentile(range(1, 301), 0.99) == 297


def test_latencies_are_milliseconds() -> None:
    latency = Latency.of([0.003, 0.001, 0.002])
    assert (latency.p50, latency.p99, latency.largest, latency.count) == (2.0, 3.0, 3.0, 3)


def test_nothing_measured_is_no_number() -> None:
    assert math.isnan(Latency.of([]).p99)
    assert math.isnan(Spread.of([float("nan")]).median)
    assert str(Spread.of([])) == "-"


def test_a_round_without_a_figure_does_not_count() -> None:
    assert Spread.of([3.0, float("nan"), 1.0]) == Spread(2.0, 1.0, 3.0)


@given(st.dictionaries(st.integers(0, 9), st.floats(0.1, 1e3)), st.dictionaries(st.integers(0, 9), st.floats(0.1, 1e3)))
def test_ratios_are_of_the_rounds_that_both_have(ours: dict[int, float], theirs: dict[int, float]) -> None:
    both = [ours[each] / theirs[each] for each in set(ours) & set(theirs)]
    spread = ratios(ours, theirs)
    if not both:
        assert math.isnan(spread.median)
    else:
        assert (spread.lowest, spread.highest) == (min(both), max(both))
        assert sum(each <= spread.median + 1e-9 for each in both) * 2 >= len(both)


def test_a_median_of_ratios_is_no_ratio_of_medians() -> None:
    """A machine that is slow in one round is so for both."""
    assert ratios({0: 10.0, 1: 100.0, 2: 30.0}, {0: 5.0, 1: 50.0, 2: 10.0}).median == 2.0
