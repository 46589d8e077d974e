"""What may crash the process works alone, and what does not may work beside each other."""

import asyncio
from typing import Any

import pytest
from pamqp.commands import Basic

from notifier_service.consuming.crash_isolation import Isolation, is_suspect
from shared.broker import Delivery
from tests.support.waiting import all_wait, eventually, one_turn


def a_delivery(**headers: Any) -> Delivery:
    return Delivery(1, b"", "notifications", "high", False, Basic.Properties(headers=headers))


@pytest.mark.parametrize(("returned", "suspected"), [(None, False), (0, False), (1, False), (2, True), ("many", False)])
def test_what_came_back_twice_is_suspected(returned: object, suspected: bool) -> None:
    headers = {} if returned is None else {"x-delivery-count": returned}
    assert is_suspect(a_delivery(**headers)) is suspected


async def test_a_suspect_waits_for_the_others_and_keeps_newcomers_out() -> None:
    isolation = Isolation()
    seen: list[str] = []
    handled = asyncio.Event()

    async def suspect() -> None:
        async with isolation.alone():
            seen.append("alone")
            await handled.wait()
            seen.append("alone no more")

    async def newcomer() -> None:
        async with isolation.among_others():
            seen.append("newcomer")

    isolation.enter()
    tasks = [asyncio.create_task(suspect()), asyncio.create_task(newcomer())]
    await all_wait(*tasks)
    seen.append("the others end")
    isolation.leave()
    await eventually(lambda: "alone" in seen)
    await one_turn()  # a newcomer who is let in too early comes now
    handled.set()
    await asyncio.gather(*tasks)
    assert seen == ["the others end", "alone", "alone no more", "newcomer"]


async def test_nobody_waits_for_ever_for_somebody_who_waits_for_a_mail_server() -> None:
    isolation = Isolation(longest=0.01)
    isolation.enter()  # and never leaves
    async with isolation.alone():
        pass
    async with isolation.among_others():
        pass


async def test_two_suspects_are_never_together() -> None:
    isolation = Isolation()
    inside = most = 0

    async def suspect() -> None:
        nonlocal inside, most
        async with isolation.alone():
            inside += 1
            most = max(most, inside)
            await one_turn()
            inside -= 1

    await asyncio.gather(*(suspect() for _ in range(5)))
    assert most == 1


async def test_whoever_is_cancelled_alone_lets_the_others_in_again() -> None:
    isolation = Isolation()
    isolation.enter()

    async def suspect() -> None:
        async with isolation.alone():
            pytest.fail("the others have not ended")

    task = asyncio.create_task(suspect())
    await all_wait(task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with isolation.among_others():
        pass
