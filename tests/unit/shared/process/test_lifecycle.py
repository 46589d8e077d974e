"""No background task ends unnoticed."""

import asyncio

import pytest

from shared.broker.errors import translated
from shared.errors import BrokerUnavailable
from shared.process.lifecycle import TaskGroup
from tests.support.waiting import all_wait, one_turn


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_task_that_somebody_else_has_cancelled_ends_the_service() -> None:
    ended = asyncio.Event()
    tasks = TaskGroup(ended.set)
    tasks.start("loop", for_ever()).cancel()
    async with asyncio.timeout(60):
        await ended.wait()


async def test_an_orderly_stop_is_no_failure() -> None:
    ended = asyncio.Event()
    tasks = TaskGroup(ended.set)
    await all_wait(tasks.start("loop", for_ever()))
    await tasks.stop()
    await one_turn()  # what is called when a task ends is called now
    assert not ended.is_set()


async def test_a_driver_that_cancels_what_waits_on_it_counts_as_away() -> None:
    """aiormq does so when a connection ends; the task that waited must not end with it."""
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(answer.cancel)
    with pytest.raises(BrokerUnavailable), translated():
        await answer


async def test_who_is_cancelled_while_it_waits_is_cancelled() -> None:
    async def waiting() -> None:
        with translated():
            await for_ever()

    task = asyncio.create_task(waiting())
    await all_wait(task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_a_connection_that_is_reset_in_its_handshake_counts_as_away() -> None:
    """aiormq lets the end of its frames out as StopAsyncIteration, which would end a generator for good."""
    with pytest.raises(BrokerUnavailable), translated():
        raise StopAsyncIteration
