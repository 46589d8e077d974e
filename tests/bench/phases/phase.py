"""A phase: a load, and the figures that it gives."""

from collections.abc import Mapping
from typing import Protocol

from tests.bench.sitting import Sitting


class Phase(Protocol):
    """`seconds`: how long it takes about, with its preparation, of a contender that keeps up."""

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float: ...

    async def prepare(self, sitting: Sitting) -> None:
        """Whatever does not count: CPU and the machine's calm are measured from its end on."""

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """Figures by name. `mails` is how many the CPU time is divided by. Raises AssertionError where a booking is
        refused or a mail comes twice."""
