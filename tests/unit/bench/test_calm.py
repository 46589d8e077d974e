"""Whether the machine was calm during a phase."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench import calm
from tests.bench.calm import DISTURBED, SLOWER, Beside, FixedWork, calmest
from tests.bench.cpu import Reading, Spent

BEST = 20.0


def beside(before: float = BEST, after: float = BEST, disturbed: float = 0.0) -> Beside:
    return Beside(before, after, disturbed)


def test_a_machine_is_calm_when_the_work_is_quick_and_no_stranger_runs() -> None:
    assert beside(BEST * SLOWER, BEST, DISTURBED).is_calm(BEST)


def test_slow_work_before_or_after_is_no_calm() -> None:
    assert not beside(before=BEST * SLOWER * 1.01).is_calm(BEST)
    assert not beside(after=BEST * SLOWER * 1.01).is_calm(BEST)


def test_strangers_are_no_calm_however_quick_the_work_was() -> None:
    assert not beside(disturbed=DISTURBED * 1.01).is_calm(BEST)


def test_an_earlier_phase_is_judged_anew_when_the_work_turns_out_to_be_quicker() -> None:
    before = beside(25.0, 25.0)
    assert before.is_calm(25.0)
    assert not before.is_calm(20.0)


def test_time_that_the_hypervisor_gave_to_others_is_a_disturbance() -> None:
    first, last = Reading(0, {}, 0, 0, 0), Reading(10, {}, 0, 0, 2)
    assert Beside.of(BEST, BEST, Spent.between(first, last, cores=2)).disturbed == 0.1


@given(st.lists(st.builds(beside, st.floats(20, 60), st.floats(20, 60), st.floats(0, 1)), min_size=1))
def test_the_calmest_try_is_kept(tries: list[Beside]) -> None:
    kept = tries[calmest(tries, BEST)]
    assert kept.unrest(BEST) == min(each.unrest(BEST) for each in tries)


async def test_the_fixed_work_is_timed_and_its_best_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "_PATIENCE", 0.0)  # the machine is busy with other tests
    work = FixedWork(cores=1)
    try:
        times = [await work.time() for _ in range(3)]
        assert work.best == min(times) > 0
        assert await asyncio.wait_for(work.when_calm(), 60) > 0
    finally:
        work.stop()
