"""Committed jobs are published in the turn of the event loop in which they are offered, or the next one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from api_service.relay.immediate import BATCH, CAPACITY, IN_FLIGHT, DirectPath
from api_service.relay.publishing import Path, TicketPublisher
from shared.database import Database
from shared.ids import new_id
from shared.jobs.model import Kind, Ticket
from tests.support.waiting import eventually

_NO_DATABASE: Final[Database] = None  # type: ignore[assignment]  # publishing alone never asks it


class Broker(TicketPublisher):
    """Confirms a batch when the test says so."""

    def __init__(self, *, away: bool = False, broken: bool = False) -> None:
        super().__init__(_NO_DATABASE)
        self.batches: list[Sequence[Ticket]] = []
        self.ends: list[asyncio.Event] = []
        self._away = away
        self._broken = broken

    @property
    def connected(self) -> bool:
        return not self._away

    async def publish(self, tickets: Sequence[Ticket], path: Path) -> int:
        assert path == "direct"
        self.batches.append(tickets)
        self.ends.append(asyncio.Event())
        await self.ends[-1].wait()
        if self._broken:
            raise RuntimeError("a bug of ours")
        return len(tickets)

    def confirm_all(self) -> None:
        for end in self.ends:
            end.set()

    @property
    def sizes(self) -> list[int]:
        return list(map(len, self.batches))


def tickets(count: int) -> list[Ticket]:
    return [Ticket(new_id(), 0, Kind.CREATED, new_id(), datetime.now(UTC)) for _ in range(count)]


async def test_tickets_offered_together_are_published_together_in_the_next_turn() -> None:
    broker = Broker()
    direct, offered = DirectPath(broker), tickets(3)
    direct.offer(offered)
    await asyncio.sleep(0)
    assert broker.batches == [offered]
    broker.confirm_all()
    await direct.drain()


async def test_tickets_gather_while_enough_batches_wait_for_their_confirms() -> None:
    broker = Broker()
    direct = DirectPath(broker)
    for size in range(1, IN_FLIGHT + 4):
        direct.offer(tickets(size))
        await asyncio.sleep(0)
    assert broker.sizes == list(range(1, IN_FLIGHT + 1))
    broker.ends[0].set()
    gathered = sum(range(IN_FLIGHT + 1, IN_FLIGHT + 4))
    await eventually(lambda: broker.sizes[IN_FLIGHT:] == [gathered])
    broker.confirm_all()
    await direct.drain()


async def test_a_stop_publishes_all_that_waits_without_waiting_for_confirms_first() -> None:
    broker = Broker()
    direct = DirectPath(broker)
    for _ in range(IN_FLIGHT):
        direct.offer(tickets(1))
    direct.offer(tickets(BATCH + 1))
    draining = asyncio.create_task(direct.drain())
    await eventually(lambda: broker.sizes == [1] * IN_FLIGHT + [BATCH, 1])
    assert not draining.done()
    broker.confirm_all()
    await draining


async def test_without_a_broker_or_room_tickets_are_left_to_the_sweep() -> None:
    away = Broker(away=True)
    DirectPath(away).offer(tickets(2))
    await asyncio.sleep(0)
    assert not away.batches
    stalled = Broker()
    direct = DirectPath(stalled)
    direct.offer(tickets(IN_FLIGHT * BATCH))
    direct.offer(tickets(CAPACITY + 7))
    draining = asyncio.create_task(direct.drain())
    await eventually(lambda: sum(stalled.sizes) == IN_FLIGHT * BATCH + CAPACITY)
    stalled.confirm_all()
    await draining
    assert sum(stalled.sizes) == IN_FLIGHT * BATCH + CAPACITY


async def test_a_bug_of_ours_in_one_batch_stops_no_other() -> None:
    broker = Broker(broken=True)
    direct = DirectPath(broker)
    for size in range(1, IN_FLIGHT + 2):
        direct.offer(tickets(size))
        await asyncio.sleep(0)
    broker.confirm_all()
    await eventually(lambda: len(broker.batches) == IN_FLIGHT + 1)
    broker.confirm_all()
    await direct.drain()
