"""Background work leaves most of the time to others, and still comes to its end."""

from hypothesis import given
from hypothesis import strategies as st

from shared.process.pacing import LONGEST, SHARE, pause_after

seconds = st.floats(0.0, 100.0)


@given(seconds, seconds)
def test_a_pause_is_within_its_bounds(worked: float, least: float) -> None:
    assert least <= pause_after(worked, least=least) <= max(least, LONGEST)


@given(st.floats(0.0, LONGEST * SHARE))
def test_short_work_takes_its_share_at_most(worked: float) -> None:
    pause = pause_after(worked, least=0.0)
    assert worked <= (worked + pause) * SHARE * 1.000_001


@given(seconds, seconds)
def test_longer_work_has_no_shorter_pause(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert pause_after(shorter, least=0.2) <= pause_after(longer, least=0.2)
