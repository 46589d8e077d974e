"""The table of `make status`."""

import os
import time
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.processes import LocalProcess
from deploy.local.status import StatusLine, began, lines

NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
RUNNING = StatusLine("api", True, 4711, NOW - timedelta(minutes=3), "degraded", "http://127.0.0.1:5000")
ENDED = StatusLine("notifier", False, 4712, None, "-", "-")


def test_a_row_says_pid_since_when_health_and_address() -> None:
    _, running, ended = lines([RUNNING, ENDED], NOW)
    assert running.split() == [
        *("api", "running", "4711", "01-05", "11:57:00", "(3", "min)", "degraded", "http://127.0.0.1:5000")
    ]
    assert ended.split() == ["notifier", "ended", "4712", "-", "-", "-"]


@given(st.timedeltas(min_value=timedelta(seconds=-2), max_value=timedelta(days=4000)))
def test_columns_stand_below_their_titles_whatever_the_age(age: timedelta) -> None:
    row = StatusLine("prometheus", True, 4_194_304, NOW - age, "no answer", "127.0.0.1:65535")
    title, line = lines([row], NOW)
    assert line.index("127.0.0.1") == title.index("ADDRESS")


def test_the_start_of_a_process_is_a_time_of_the_clock() -> None:
    ourselves = LocalProcess.of(os.getpid())
    assert ourselves is not None
    up = datetime.now(UTC) - began(ourselves)
    assert abs(up.total_seconds() - (time.clock_gettime(time.CLOCK_BOOTTIME) - ourselves.started / 100)) < 2
