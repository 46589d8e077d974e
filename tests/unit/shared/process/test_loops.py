"""A loop survives what passes, and ends by nothing but a fault of ours that stays."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BrokerUnavailable, Contention, DatabaseUnavailable, ItemRefused
from shared.process import heartbeats, loops
from shared.process.internal_errors import INTERNAL_ERRORS, ITEMS_REFUSED
from shared.process.lifecycle import BROKEN, Stop, TaskGroup
from shared.process.loops import FailureLimits, LoopBroken, kind_of, run_loop
from tests.support.waiting import eventually

PASSING = [DatabaseUnavailable("away"), BrokerUnavailable("away"), Contention("again"), ItemRefused("this one")]
OURS = [RuntimeError("ours"), KeyError("ours"), RecursionError("ours"), asyncio.InvalidStateError("ours")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(loops, "LIMITS", FailureLimits(in_a_row=5, over=0.05))


def raising(*errors: BaseException) -> tuple[Callable[[], object], asyncio.Event]:
    """A turn that raises each of these once, and then goes well for ever."""
    waiting = list(errors)
    well = asyncio.Event()

    async def turn() -> float:
        if waiting:
            raise waiting.pop(0)
        well.set()
        return 0.01

    return turn, well


@asynccontextmanager
async def running(turn: Callable[[], object], **options: object) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.ensure_future(run_loop("pruner", turn, **options))  # type: ignore[arg-type]
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def counted(counter: object) -> float:
    return counter.labels("pruner")._value.get()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    "error", [*PASSING, *OURS, asyncio.CancelledError(), ExceptionGroup("", [KeyError(), PASSING[0]])]
)
async def test_a_loop_goes_on_after_whatever_its_turn_has_raised(error: BaseException) -> None:
    turn, well = raising(error)
    async with running(turn), asyncio.timeout(60):
        await well.wait()


async def test_only_a_fault_of_ours_is_counted_as_one() -> None:
    before, refused = counted(INTERNAL_ERRORS), counted(ITEMS_REFUSED)
    turn, well = raising(*PASSING, *OURS)
    async with running(turn), asyncio.timeout(60):
        await well.wait()
    assert counted(INTERNAL_ERRORS) - before == len(OURS)
    assert counted(ITEMS_REFUSED) - refused == 1


async def test_what_passes_never_ends_a_loop_however_long_it_lasts() -> None:
    turn, well = raising(*PASSING * 30)
    async with running(turn), asyncio.timeout(60):
        await well.wait()


async def test_a_fault_of_ours_that_stays_ends_the_process_with_its_own_status() -> None:
    stop = Stop()
    tasks = TaskGroup(stop.fail)
    turn, _ = raising(*OURS * 1000)
    task = tasks.start("pruner", run_loop("pruner", turn))  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        await stop.wait()
    assert stop.status == BROKEN == 70
    assert isinstance(task.exception(), LoopBroken)


async def test_a_fault_of_ours_with_progress_in_between_ends_nothing() -> None:
    rounds = 0

    async def turn() -> float:
        nonlocal rounds
        rounds += 1
        if rounds % 2:
            raise KeyError
        return 0.0

    async with running(turn) as task:
        await eventually(lambda: rounds >= 60)
        assert not task.done()


def test_who_was_told_to_stop_ends_with_status_0() -> None:
    stop = Stop()
    stop.set()
    assert stop.status == 0


async def test_a_loop_that_stands_still_in_a_turn_is_told_and_one_that_waits_for_work_is_not() -> None:
    ever, asked = asyncio.Event(), asyncio.Event()

    async def stuck() -> float:
        await ever.wait()
        return 0.0

    async def no_work() -> None:
        asked.set()
        await ever.wait()

    async with running(stuck, may_take=0.05):
        await eventually(lambda: heartbeats.stalled() == ["pruner"])
    assert heartbeats.stalled() == []
    async with running(stuck, may_take=0.0, ready=no_work):
        async with asyncio.timeout(60):
            await asked.wait()
        assert heartbeats.stalled() == []


async def test_a_cancelled_loop_ends_even_where_a_library_swallows_the_cancellation() -> None:
    reached = asyncio.Event()

    async def swallowing() -> float:
        reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BrokerUnavailable("channel closed") from None
        return 0.0

    task = asyncio.ensure_future(run_loop("pruner", swallowing))
    async with asyncio.timeout(60):
        await reached.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


_errors = st.sampled_from([*PASSING, *OURS])


@given(st.recursive(_errors, lambda inner: st.lists(inner, min_size=1).map(lambda each: ExceptionGroup("", each))))
def test_a_group_is_as_bad_as_the_worst_in_it(error: Exception) -> None:
    def leaves(each: BaseException) -> Iterator[BaseException]:
        if isinstance(each, BaseExceptionGroup):
            for inner in each.exceptions:
                yield from leaves(inner)
        else:
            yield each

    kinds = {kind_of(each) for each in leaves(error)}
    assert (kind_of(error) == "bug") == ("bug" in kinds)
    assert kind_of(error) in kinds
