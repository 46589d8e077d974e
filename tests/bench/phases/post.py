"""Bookings as fast as they are answered, while the worker runs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.sitting import CONNECTIONS, Sitting
from tests.bench.wire import saturate


@dataclass(frozen=True, slots=True)
class Post:
    """`load`: seconds of bookings."""

    name: str = "post"
    load: float = 6.0
    seconds: float = 10.0

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """`through`: booked and mailed a second, until the last mail. `unsent`: mails that had not come when the last
        booking was answered; `behind`: seconds until they had. Memory in MiB, size of a mail in bytes."""
        began = time.time()
        answers = await saturate(sitting.running.urls, sitting.requests, connections=CONNECTIONS, seconds=self.load)
        count, ended = len(answers.seconds), time.time()
        unsent = count - sitting.servers.sink.count()
        missing = await sitting.arrive(count)
        last = max(sitting.servers.sink.arrived().values(), default=ended)
        memory, latency = sitting.running.memory(), answers.latency
        return {
            "mails": count,
            "rate": answers.rate,
            "p50": latency.p50,
            "p99": latency.p99,
            "through": (count - missing) / (max(last, ended) - began),
            "unsent": unsent,
            "behind": max(last - ended, 0.0),
            "missing": missing,
            "size": sitting.servers.sink.mean_size(),
            "memory_api": memory["api"],
            "memory_worker": memory["worker"],
        }
