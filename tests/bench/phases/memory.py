"""Memory of both services over many bookings, worked off as they come."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.sitting import CONNECTIONS, Sitting
from tests.bench.wire import saturate


@dataclass(frozen=True, slots=True)
class Memory:
    """`bookings` in `steps` equal parts."""

    name: str = "memory"
    bookings: int = 50_000
    steps: int = 10
    seconds: float = 45.0

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """MiB of the API and of the worker: at the start, after the first part, at the end, and the most. `…_growth`:
        from the first part to the last, where 0.1 is a tenth more."""
        memory = [sitting.running.memory()]
        part = self.bookings // self.steps
        for number in range(1, self.steps + 1):
            await saturate(sitting.running.urls, sitting.requests, connections=CONNECTIONS, most=part)
            assert await sitting.arrive(part * number) == 0, "mails are missing"
            memory.append(sitting.running.memory())
        figures: dict[str, float] = {"mails": part * self.steps}
        for role in ("api", "worker"):
            course = [each[role] for each in memory]
            figures |= {
                f"{role}_start": course[0],
                f"{role}_first": course[1],
                f"{role}_last": course[-1],
                f"{role}_most": max(course),
                f"{role}_growth": course[-1] / course[1] - 1,
            }
        return figures
