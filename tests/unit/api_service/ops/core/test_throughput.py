"""The rate that pages show for the last five minutes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.core.throughput import LastHour, ThroughputInterval
from shared.jobs.model import Priority

NOON = datetime(2027, 1, 5, 12, tzinfo=UTC)


def last_hour(sent: list[int], seconds: float) -> LastHour:
    """`sent`: the mails of each minute of queue high; the last minute is under way since `seconds`."""
    first = NOON - timedelta(minutes=len(sent) - 1)
    minutes = [
        ThroughputInterval(first + timedelta(minutes=n), first + timedelta(minutes=n + 1), count, 0)
        for n, count in enumerate(sent)
    ]
    return LastHour({Priority.HIGH: minutes, Priority.NORMAL: []}, NOON + timedelta(seconds=seconds))


def test_a_burst_of_this_minute_counts() -> None:
    assert last_hour([0] * 59 + [60], seconds=60).sent_per_minute() == 12


@given(st.integers(0, 100), st.floats(0.0, 59.9))
def test_a_steady_pace_reads_as_itself_at_every_second_of_a_minute(pace: int, seconds: float) -> None:
    sent = [pace] * 59 + [round(pace * seconds / 60)]
    assert last_hour(sent, seconds).sent_per_minute(Priority.HIGH) == pytest.approx(pace, abs=0.2)
