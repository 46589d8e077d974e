"""Keeps the figures that pages and calls of operators share, and reads them in advance: nobody waits for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from api_service.ops.core import agenda, causes, durations, health, parked, stats, throughput
from api_service.ops.core.causes import FailedGroups
from api_service.ops.core.durations import Durations
from api_service.ops.core.health import Health
from api_service.ops.core.outlook import Outlooks
from api_service.ops.core.parked import ParkedOverview
from api_service.ops.core.recent import Recent
from api_service.ops.core.stats import Count, Stats, Trouble
from api_service.ops.core.throughput import SPANS, Ended
from shared.database import Executor
from shared.process.loops import run_loop

KEPT: Final = 1.0
"""Seconds that a figure is kept for further viewers."""
GRACE: Final = 5.0
"""Seconds that an older figure is shown while the newer one is read."""
ADVANCE: Final = 4.0
"""Seconds after which a figure is read again though nobody has asked: before it is too old to be shown."""
LOOKS: Final = 1.0
"""Seconds between two looks for figures that are old."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure(Generic[T]):
    """Something that several pages show, by its name. `read` raises DatabaseUnavailable."""

    name: str
    read: Callable[[Executor], Awaitable[T]]


def _now() -> datetime:
    return datetime.now(UTC)


TROUBLE: Final[Figure[Trouble]] = Figure("trouble", stats.trouble)
CLINIC_ZONES: Final[Figure[Sequence[str]]] = Figure("zones of the clinic", agenda.clinic_zones)
HEALTH: Final[Figure[Health]] = Figure("health", health.examine)
COUNTS: Final[Figure[Mapping[str, Count]]] = Figure("jobs by state", stats.about)
FAILED: Final[Figure[FailedGroups]] = Figure("failed jobs", lambda db: causes.groups(db, now=_now()))
DURATIONS: Final[Figure[Sequence[Durations]]] = Figure("durations", lambda db: durations.recent(db, now=_now()))
STATS: Final[Figure[Stats]] = Figure("figures of the API", stats.gather)
PARKED: Final[Figure[ParkedOverview]] = Figure("parked mails", parked.parked)


async def _ended(span: str, executor: Executor) -> Ended:
    return await throughput.ended(executor, SPANS[span], now=_now())


ENDED: Final[Mapping[str, Figure[Ended]]] = {
    span: Figure(f"ended in a {span}", partial(_ended, span)) for span in SPANS
}
_IN_ADVANCE: Final[Sequence[Figure[Any]]] = (
    TROUBLE,
    CLINIC_ZONES,
    COUNTS,
    *ENDED.values(),
    FAILED,
    DURATIONS,
    PARKED,
    STATS,
)


class Figures:
    """Each is read at most once a second for all viewers. Every method raises DatabaseUnavailable."""

    def __init__(self, executor: Executor, outlooks: Outlooks, *, recent: Recent | None = None) -> None:
        self._executor = executor
        self._outlooks = outlooks
        self._recent = recent or Recent(KEPT, grace=GRACE)

    async def get(self, figure: Figure[T]) -> T:
        return await self._recent.get(figure.name, partial(figure.read, self._executor))

    def forget(self) -> None:
        """An operator has changed something, and wants to see the change."""
        self._recent.forget()

    async def run(self) -> None:
        """Reads every figure in advance, until cancelled: one after the other, so that it takes one connection."""
        await run_loop("figures", self.read_in_advance)

    async def read_in_advance(self) -> float:
        """Reads those that would soon be too old. Returns the seconds until it should look again."""
        await self._refresh(HEALTH)
        if (await self.get(HEALTH)).signs.lacks is not None:
            return LOOKS  # an older schema: the page says so, and the other statements would fail
        for figure in _IN_ADVANCE:
            await self._refresh(figure)
        await self._outlooks.refresh(self._executor)
        return LOOKS

    async def _refresh(self, figure: Figure[Any]) -> None:
        await self._recent.refresh(figure.name, partial(figure.read, self._executor), at=ADVANCE)
