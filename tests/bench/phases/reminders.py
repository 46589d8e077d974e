"""How late reminders are: many in a while, some at one second, very many at one second."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.ids import new_id
from tests.bench import reminding
from tests.bench.figures import Latency
from tests.bench.sitting import Sitting
from tests.bench.wire import pace

LEAD: Final = 8.0
"""Seconds from the planning of reminders to the first that is due."""
_LOOK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Evenly:
    """`count` reminders that are due evenly over `window` seconds."""

    name: str = "reminders"
    count: int = 2_000
    window: float = 30.0

    @property
    def seconds(self) -> float:
        return LEAD + self.window + 4

    async def prepare(self, sitting: Sitting) -> None:
        if sitting.setup.pending:
            await reminding.pend(sitting.running, sitting.setup.pending)
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        begin = time.time() + LEAD
        due = {str(new_id()): begin + random.uniform(0, self.window) for _ in range(self.count)}
        await reminding.schedule(sitting.running, due)
        arrived = await _arrivals(sitting, due, patience=30)
        return {**_lateness(due, arrived), "memory_worker": sitting.running.memory()["worker"]}


@dataclass(frozen=True, slots=True)
class SameSecond:
    """`count` reminders that are due at the same second, at `turns` seconds one after the other."""

    name: str = "second"
    count: int = 67
    turns: int = 10

    @property
    def seconds(self) -> float:
        return LEAD + self.turns + 4

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """`last_…`: how late the last one of a second is, in milliseconds, of all seconds."""
        first = float(int(time.time() + LEAD))
        turns = [{str(new_id()): first + turn for _ in range(self.count)} for turn in range(self.turns)]
        due = {key: moment for turn in turns for key, moment in turn.items()}
        await reminding.schedule(sitting.running, due)
        arrived = await _arrivals(sitting, due, patience=30)
        lasts = Latency.of([last for turn in turns if (last := _last(turn, arrived)) is not None])
        return {**_lateness(due, arrived), "last_p50": lasts.p50, "last_most": lasts.largest}


@dataclass(frozen=True, slots=True)
class Burst:
    """`count` reminders that are due at the same second, while bookings go on at `rate` a second."""

    name: str = "burst"
    count: int = 20_000
    rate: int = 20
    load: float = 10.0

    @property
    def seconds(self) -> float:
        return LEAD + self.load + 10

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """`all_after`: seconds until the last reminder was sent. `told_…`: from the request of a booking to its mail
        while the reminders went out, in milliseconds."""
        moment = float(int(time.time() + LEAD))
        due = {str(new_id()): moment for _ in range(self.count)}
        await reminding.schedule(sitting.running, due)
        await asyncio.sleep(max(moment - time.time() - 0.5, 0))
        answers = await pace(sitting.running.urls, sitting.requests, per_second=self.rate, seconds=self.load)
        arrived = await _arrivals(sitting, due | answers.answered, patience=120)
        sent = [arrived[key] for key in due if key in arrived]
        end = max(sent, default=moment)
        told = Latency.of(
            [arrived[key] - asked for key, asked in answers.asked.items() if key in arrived and moment <= asked <= end]
        )
        return {
            "mails": len(arrived),
            "all_after": end - moment,
            "missing": len(due) - len(sent),
            "told_p50": told.p50,
            "told_p99": told.p99,
            "told": told.count,
        }


async def _arrivals(sitting: Sitting, due: Mapping[str, float], *, patience: float) -> dict[str, float]:
    """When those came that did; waits until all have, or until `patience` seconds after the last is due."""
    deadline = max(due.values()) + patience
    while sitting.servers.sink.count() < len(due) and time.time() < deadline:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(_LOOK_EVERY)
    arrived = sitting.servers.sink.arrived()
    sitting.missing = len(due.keys() - arrived.keys())
    return arrived


def _lateness(due: Mapping[str, float], arrived: Mapping[str, float]) -> dict[str, float]:
    """Milliseconds after the due time, below 0 for a reminder that came too early."""
    late: Sequence[float] = [arrived[key] - moment for key, moment in due.items() if key in arrived]
    of_all = Latency.of(late)
    return {
        "mails": of_all.count,
        "late_p50": of_all.p50,
        "late_p99": of_all.p99,
        "late_most": of_all.largest,
        "missing": len(due) - of_all.count,
    }


def _last(turn: Mapping[str, float], arrived: Mapping[str, float]) -> float | None:
    """Seconds after their due time until the last of them had come; None if one is missing."""
    if turn.keys() - arrived.keys():
        return None
    return max(arrived[key] - moment for key, moment in turn.items())
