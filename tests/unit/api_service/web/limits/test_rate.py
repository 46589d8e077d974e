"""Token buckets: rate, burst, and bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.web.limits.rate import Buckets, Rate


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    buckets = Buckets(Rate(2), burst=3, clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    assert buckets.take("b") == 0


def test_who_has_been_quiet_longest_is_forgotten_first() -> None:
    buckets = Buckets(Rate(1, "h"), burst=1, most=2, clock=Clock())
    assert [buckets.take(key) for key in "ab"] == [0, 0]
    assert buckets.take("a") > 0
    assert buckets.take("c") == 0  # b is forgotten
    assert buckets.take("a") > 0
    assert len(buckets) == 2


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 20), st.integers(1, 10))
def test_never_more_than_the_burst_and_the_rate_together(pauses: list[float], rate: int, burst: int) -> None:
    clock = Clock()
    buckets = Buckets(Rate(rate), burst=burst, clock=clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += buckets.take("a") == 0
        assert taken <= burst + (clock.now - 1000.0) * rate + 1e-6


@pytest.mark.parametrize("text", ["", "20", "0/s", "-1/s", "20/d", "a/s", "1.5/s", "20 per second"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.parse(text)
