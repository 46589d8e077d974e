"""A backlog of confirmations, and a worker that is let loose on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.sitting import CONNECTIONS, Sitting
from tests.bench.wire import saturate


@dataclass(frozen=True, slots=True)
class Drain:
    """`backlog` in bookings. After `most` seconds a drain that is not over is stopped; its rate is steady by then."""

    name: str = "drain"
    backlog: int = 20_000
    most: float = 12.0
    seconds: float = 20.0

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.rest()
        await saturate(sitting.running.urls, sitting.requests, connections=CONNECTIONS, most=self.backlog)

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """`rate`: mails a second from the first mail to the last; `mails`: how many came; `left`: how many did not."""
        sitting.start_workers()
        assert await sitting.arrive(1) == 0, "no mail has come"
        left = await sitting.arrive(self.backlog, patience=self.most)
        arrived = sorted(sitting.servers.sink.arrived().values())
        return {"mails": len(arrived), "rate": steady_rate(arrived), "left": left}


def steady_rate(moments: Sequence[float]) -> float:
    """Events a second between the first and the last of some ordered moments; NaN of fewer than two.

    >>> steady_rate([10.0, 10.5, 11.0])
    2.0
    """
    if len(moments) < 2 or moments[-1] == moments[0]:
        return float("nan")
    return (len(moments) - 1) / (moments[-1] - moments[0])
