"""Whose CPU time it was."""

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.cpu import CLIENTS, MEASURED, Reading, Spent, cpu_seconds

PARTS = (*MEASURED, *CLIENTS)
SECONDS = st.floats(0, 1e4)


def reading(at: float, parts: dict[str, float], *, kernel: float = 0.0, busy: float, stolen: float = 0.0) -> Reading:
    return Reading(at, parts, kernel, busy, stolen)


@given(st.fixed_dictionaries(dict.fromkeys(PARTS, SECONDS)), SECONDS, SECONDS, SECONDS, SECONDS)
def test_all_time_is_of_a_part_of_the_kernel_or_of_strangers(
    spent: dict[str, float], kernel: float, strangers: float, stolen: float, before: float
) -> None:
    first = reading(0.0, dict.fromkeys(PARTS, before), kernel=before, busy=before, stolen=before)
    busy = before + sum(spent.values()) + kernel + strangers
    parts = {part: before + seconds for part, seconds in spent.items()}
    last = reading(2.0, parts, kernel=before + kernel, busy=busy, stolen=before + stolen)
    result = Spent.between(first, last, cores=2)
    assert result.parts == pytest.approx(spent, abs=1e-6)
    assert result.strangers == pytest.approx(strangers, abs=1e-6)
    assert result.disturbed == pytest.approx((strangers + stolen) / 4, abs=1e-6)
    assert result.of(MEASURED) == pytest.approx(sum(spent[part] for part in MEASURED), abs=1e-6)


def test_a_process_that_was_started_in_between_counts_whole() -> None:
    result = Spent.between(reading(0, {}, busy=0), reading(1, {"worker": 0.7}, busy=0.7), cores=1)
    assert (result.parts["worker"], result.strangers) == (0.7, 0.0)


def test_rounding_leaves_strangers_no_time_below_zero() -> None:
    result = Spent.between(reading(0, {"api": 0.0}, busy=0), reading(1, {"api": 1.01}, busy=1.0), cores=1)
    assert (result.strangers, result.disturbed) == (0.0, 0.0)


def test_the_time_of_children_is_their_parents_also_when_they_have_ended() -> None:
    work = "import time\nwhile time.process_time() < 1: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdout.readline()
        spent = cpu_seconds(parent.pid)
        parent.stdin.close()
    assert spent > 0.9  # the kernel counts in hundredths


def test_a_reading_counts_this_process_alone_where_that_is_asked_for() -> None:
    before = Reading.now({}, {"load": os.getpid()})
    ends = time.process_time() + 0.2
    while time.process_time() < ends:
        pass
    after = Reading.now({}, {"load": os.getpid()})
    assert Spent.between(before, after, cores=1).parts["load"] >= 0.15
