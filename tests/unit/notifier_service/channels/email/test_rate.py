"""The e-mail rate: a token bucket that serves confirmations first."""

import asyncio

from notifier_service.channels.email.rate_limit import RateLimit
from shared.jobs.model import Priority
from tests.support.waiting import all_wait


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(limit: RateLimit) -> int:
    """How many tokens there are, all taken."""
    count = 0
    while limit.try_acquire():
        count += 1
    return count


def test_at_most_a_seconds_worth_gathers() -> None:
    clock = Clock()
    limit = RateLimit(5.0, clock=clock)
    assert taken(limit) == 5
    clock.now += 0.5
    assert taken(limit) == 2
    clock.now += 60
    assert taken(limit) == 5


def test_a_rate_below_one_still_lets_one_through() -> None:
    clock = Clock()
    limit = RateLimit(0.1, clock=clock)
    assert taken(limit) == 1
    clock.now += 9
    assert taken(limit) == 0
    clock.now += 2
    assert taken(limit) == 1


async def test_confirmations_are_served_before_reminders_that_waited_longer() -> None:
    clock = Clock()
    limit = RateLimit(200.0, clock=clock)
    served: list[Priority] = []
    taken(limit)

    async def one(priority: Priority) -> None:
        await limit.acquire(priority)
        served.append(priority)

    waiting = [asyncio.create_task(one(Priority.NORMAL)) for _ in range(5)]
    await all_wait(*waiting)
    waiting += [asyncio.create_task(one(Priority.HIGH)) for _ in range(5)]
    await all_wait(*waiting)
    clock.now += 1
    await asyncio.gather(*waiting)

    assert served == [Priority.HIGH] * 5 + [Priority.NORMAL] * 5


async def test_a_cancelled_waiter_loses_no_token() -> None:
    clock = Clock()
    limit = RateLimit(100.0, clock=clock)
    taken(limit)
    gone = asyncio.create_task(limit.acquire(Priority.HIGH))
    await all_wait(gone)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    clock.now += 0.015
    await limit.acquire(Priority.NORMAL)


async def test_without_a_rate_nobody_waits() -> None:
    limit = RateLimit(None)
    for _ in range(1000):
        await limit.acquire(Priority.NORMAL)
    assert limit.try_acquire()
