"""How long to wait."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.process.backoff import format_duration, parse_duration, reconnect_delays, retry_delay


@pytest.mark.parametrize(
    ("text", "seconds"), [("200ms", 0.2), ("5s", 5), ("2min", 120), ("2m", 120), ("1h", 3600), ("7d", 604800)]
)
def test_durations_are_read_and_written(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5 years", "1h30min", "nan s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(text)


@given(st.integers(1, 10**9))
def test_every_whole_millisecond_survives_its_spelling(milliseconds: int) -> None:
    assert round(parse_duration(format_duration(milliseconds / 1000)) * 1000) == milliseconds


def test_retries_use_up_the_steps() -> None:
    assert [retry_delay(used, (5, 30)) for used in range(3)] == [5, 30, None]


@given(st.floats(0, 1, exclude_max=True))
def test_reconnects_back_off_with_jitter_up_to_the_cap(jitter: float) -> None:
    delays = list(islice(reconnect_delays(jitter, first=0.1, cap=5.0), 20))
    assert all(0.05 <= delay <= 5.0 for delay in delays)
    assert delays == sorted(delays)
