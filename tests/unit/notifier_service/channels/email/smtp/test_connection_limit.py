"""Connections to a mail server are limited, and shared by turns between confirmations and reminders."""

import asyncio
from collections.abc import Sequence

import uvloop
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.smtp.connection_limit import ConnectionLimit
from shared.jobs.model import Priority

HIGH, NORMAL = Priority.HIGH, Priority.NORMAL
Place = tuple[Priority, int]


async def settle() -> None:
    """Until every task that can go on has gone on: a place that is given wakes its task in the next turn."""
    for _ in range(4):
        await asyncio.sleep(0)


class Callers:
    """Tasks that want a place. `served`: those that have got one, in that order."""

    def __init__(self, limit: ConnectionLimit) -> None:
        self.limit = limit
        self.served: list[Place] = []
        self.waiting: list[tuple[Place, asyncio.Task[None]]] = []
        self._asked = 0

    async def ask(self, priority: Priority) -> None:
        self._asked += 1
        who = priority, self._asked
        self.waiting.append((who, asyncio.create_task(self._take(who))))
        await settle()
        self._forget()

    async def give_back(self) -> None:
        if self.limit.busy:
            self.limit.give_back()
        await settle()
        self._forget()

    async def give_up(self, at: int) -> None:
        if self.waiting:
            self.waiting.pop(at % len(self.waiting))[1].cancel()
        await settle()

    async def end(self) -> None:
        for _, task in self.waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in self.waiting), return_exceptions=True)

    async def _take(self, who: Place) -> None:
        await self.limit.take(who[0])
        self.served.append(who)

    def _forget(self) -> None:
        self.waiting = [each for each in self.waiting if each[0] not in self.served]


def in_order_served(limit: int, priorities: Sequence[Priority]) -> list[Priority]:
    """The order in which callers get places that come free one by one."""

    async def run() -> list[Priority]:
        callers = Callers(ConnectionLimit(limit))
        for each in priorities:
            await callers.ask(each)
        while len(callers.served) < len(priorities):
            await callers.give_back()
        return [priority for priority, _ in callers.served]

    return uvloop.run(run())


def test_a_confirmation_does_not_wait_for_a_burst_of_reminders() -> None:
    served = in_order_served(2, [NORMAL] * 20 + [HIGH])
    assert served.index(HIGH) == 2, "it gets the first place that comes free"


def test_reminders_go_out_in_a_flood_of_confirmations() -> None:
    served = in_order_served(2, [HIGH] * 20 + [NORMAL] * 3)
    assert served.index(NORMAL) == 3, "the first place that came free was a confirmation's at the latest"
    assert served[:8].count(NORMAL) == 3, "every other place"


asking = st.sampled_from(Priority).map(lambda each: ("ask", each))
giving = st.just(("give back", None))
leaving = st.integers(0, 9).map(lambda each: ("give up", each))


@given(st.integers(1, 4), st.lists(asking | giving | leaving, max_size=40))
def test_no_place_is_lost_or_given_twice_and_nobody_overtakes(limit: int, steps: list[tuple[str, object]]) -> None:
    async def run() -> None:
        callers = Callers(ConnectionLimit(limit))
        for what, argument in steps:
            if isinstance(argument, Priority):
                await callers.ask(argument)
            elif isinstance(argument, int):
                await callers.give_up(argument)
            else:
                await callers.give_back()
            assert callers.limit.busy <= limit, what
            assert callers.limit.busy == limit or not callers.waiting, "a place is free, and somebody waits"
            for priority in Priority:
                numbers = [number for each, number in callers.served if each is priority]
                assert numbers == sorted(numbers), "first come, first served"
        await callers.end()

    uvloop.run(run())


async def test_a_caller_that_tries_again_waits_behind_the_others() -> None:
    limit = ConnectionLimit(1)
    callers = Callers(limit)
    await callers.ask(HIGH)
    await callers.ask(HIGH)
    trying = asyncio.create_task(limit.again(HIGH))
    await settle()
    assert len(callers.served) == 2, "the place went to the one that waited"
    assert not trying.done(), "and the one that tries again waits"
    limit.give_back()
    await trying
    assert limit.busy == 1
