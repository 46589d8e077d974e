"""The tests' own means to wait: for conditions, for tasks, and at a pace."""

import asyncio

import pytest

from tests.support.waiting import all_wait, eventually, one_turn, paced, waits


async def test_a_task_waits_from_its_first_wait_to_its_end() -> None:
    go = asyncio.Event()
    task = asyncio.create_task(go.wait())
    assert not waits(task), "it has not begun"
    await all_wait(task)
    assert waits(task)
    go.set()
    await task
    assert not waits(task), "it has ended"


async def test_tasks_that_have_ended_are_not_waited_for_for_ever() -> None:
    task = asyncio.create_task(one_turn())
    await task
    with pytest.raises(AssertionError, match=r"not within 0\.01 s"):
        await all_wait(task, within=0.01)


async def test_a_condition_that_does_not_come_is_told_with_its_last_answer() -> None:
    def probe() -> bool:
        raise AssertionError("2 of 3")

    with pytest.raises(AssertionError, match="2 of 3"):
        await eventually(probe, within=0.01, every=0)


async def test_one_turn_lets_whoever_is_ready_go_first() -> None:
    seen: list[str] = []

    async def other() -> None:
        seen.append("other")

    task = asyncio.create_task(other())
    await one_turn()
    seen.append("we")
    await task
    assert seen == ["other", "we"]


async def test_a_pace_counts_until_its_user_has_enough() -> None:
    seen = []
    async for number in paced(0):
        seen.append(number)
        if number == 3:
            break
    assert seen == [0, 1, 2, 3]
