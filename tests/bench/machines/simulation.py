"""Simulates the way of bookings through one installation: each part is a number of servers with one line in front."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.bench.machines import costs
from tests.bench.machines.costs import COSTS
from tests.bench.machines.layouts import Layout

ARRIVALS: Final = 20_000


class Station:
    """So many servers, and one line: first come, first served. Arrivals must be given in the order of time."""

    def __init__(self, servers: int, seconds: float, chance: Random) -> None:
        """`seconds`: the mean of a service; services are exponentially distributed."""
        self._free_at = [0.0] * max(servers, 1)
        self._seconds = seconds
        self._chance = chance

    def leaves(self, arrives: float) -> float:
        """When an arrival has been served."""
        begins = max(arrives, heapq.heappop(self._free_at))
        ends = begins + self._chance.expovariate(1 / self._seconds)
        heapq.heappush(self._free_at, ends)
        return ends


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds: 99 of 100 bookings were answered, and their mails handed over, in less."""

    answer: float
    mail: float


def simulate(layout: Layout, rate: float, *, seed: int = 1, arrivals: int = ARRIVALS) -> Times:
    """Bookings that come by chance, `rate` a second, to one installation; each passes API, PostgreSQL, its queue, a
    notifier, and PostgreSQL again. The first tenth is left out: the lines are still filling."""
    chance = Random(seed)
    stages = _stages(layout, chance)
    moments: list[list[float]] = []
    events: list[tuple[float, int, int]] = []
    now = 0.0
    for number in range(arrivals):
        now += chance.expovariate(rate)
        events.append((now, number, 0))
        moments.append([now])
    heapq.heapify(events)
    while events:
        arrives, number, stage = heapq.heappop(events)
        moments[number].append(chance.choice(stages[stage]).leaves(arrives))
        if stage + 1 < len(stages):
            heapq.heappush(events, (moments[number][-1], number, stage + 1))
    settled = moments[arrivals // 10 :]
    return Times(_p99([each[2] - each[0] for each in settled]), _p99([each[-1] - each[0] for each in settled]))


def _stages(layout: Layout, chance: Random) -> Sequence[Sequence[Station]]:
    """The stations of each step; several where a hash chooses one of them. Reads use up what they use of a part, so its
    services take longer by that."""
    database_cores = costs.DATABASE_MACHINES * costs.CORES
    database = Station(database_cores, layout.database_ms / 2000, chance)  # two visits
    api_ms = COSTS.api + costs.READS * costs.READ_API
    return (
        [Station(layout.api_cores, api_ms / 1000, chance)],
        [database],
        [Station(1, 1 / costs.QUEUE_LIMIT, chance) for _ in range(layout.shards)],
        [Station(layout.notifier_cores, COSTS.notifier / 1000, chance)],
        [database],
    )


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1000
