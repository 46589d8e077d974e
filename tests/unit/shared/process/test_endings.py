"""What is given up for an ending, and what is not."""

import asyncio
import math

import pytest

from shared.process import lifecycle
from shared.process.lifecycle import Stop, move_on_when
from shared.process.loops import run_loop
from tests.support.waiting import eventually


class Work:
    """It waits for ever, and notes whether it was cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = False

    async def __call__(self, *_: object) -> float:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return 0.0


async def answer() -> str:
    return "answer"


async def fault() -> str:
    raise KeyError("ours")


async def test_work_that_comes_first_answers_and_raises_as_without_an_ending() -> None:
    ending = asyncio.Event()
    assert await move_on_when(ending, answer()) == "answer"
    with pytest.raises(KeyError):
        await move_on_when(ending, fault())


async def test_an_ending_cancels_the_work_and_waits_for_its_end() -> None:
    ending, work = Stop(), Work()
    moving = asyncio.ensure_future(move_on_when(ending, work()))
    await work.begun.wait()
    ending.set()
    assert await moving is None
    assert work.cancelled


async def test_whoever_is_cancelled_while_waiting_cancels_the_work_too() -> None:
    work = Work()
    moving = asyncio.ensure_future(move_on_when(asyncio.Event(), work()))
    await work.begun.wait()
    moving.cancel()
    await asyncio.wait([moving])
    assert moving.cancelled()
    assert work.cancelled


async def test_nobody_waits_for_work_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "GIVEN_UP", 0.01)
    ending, begun, released = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    moving = asyncio.ensure_future(move_on_when(ending, stubborn()))
    await begun.wait()
    ending.set()
    async with asyncio.timeout(60):
        await moving
    released.set()


@pytest.mark.parametrize("cut", ["ready", "pause"])
async def test_an_ending_cuts_a_loop_s_waiting_short(cut: str) -> None:
    ending, waiting, turns = asyncio.Event(), Work(), 0

    async def turn() -> float:
        nonlocal turns
        turns += 1
        return math.inf

    loop = asyncio.ensure_future(run_loop("pruner", turn, until=ending, **{cut: waiting}))  # type: ignore[arg-type]
    await waiting.begun.wait()
    ending.set()
    async with asyncio.timeout(60):
        await loop
    assert turns == (cut == "pause")


async def test_an_ending_cuts_the_pause_after_trouble_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.process.loops.reconnect_delays", lambda *_, **__: iter([3600.0]))
    ending, failed = asyncio.Event(), asyncio.Event()

    async def turn() -> float:
        failed.set()
        raise KeyError("ours")

    loop = asyncio.ensure_future(run_loop("pruner", turn, until=ending))
    await failed.wait()
    ending.set()
    async with asyncio.timeout(60):
        await loop


async def test_a_loop_takes_no_turn_after_its_ending_and_finishes_the_one_under_way() -> None:
    ending, proceed, turns = asyncio.Event(), asyncio.Event(), 0

    async def turn() -> float:
        nonlocal turns
        turns += 1
        await proceed.wait()
        return 0.0

    loop = asyncio.ensure_future(run_loop("pruner", turn, until=ending))
    await eventually(lambda: turns == 1)
    ending.set()
    proceed.set()
    async with asyncio.timeout(60):
        await loop
    assert turns == 1
    await run_loop("pruner", turn, until=ending)
    assert turns == 1
