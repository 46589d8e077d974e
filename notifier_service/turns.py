"""Bounds how many e-mails an hour one address gets, over all notifiers: the turns are given in PostgreSQL
(docs/decisions/0010)."""

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

import structlog

from shared.database import Database
from shared.errors import DatabaseUnavailable
from shared.sql_file import statements

log = structlog.get_logger("notifier_service.turns")

HOUR: Final = 3600.0
FORGET_EVERY: Final = 300.0
_AT_ONCE: Final = 0.001
"""Seconds; less than this is rounding."""
_SQL: Final = statements("notifier_service.sql", "turns.sql")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Turns `gap` seconds apart, of which `ahead` seconds' worth may be taken at once after a pause."""

    gap: float
    ahead: float

    @classmethod
    def of(cls, per_hour: int) -> Self:
        """Half of an hour's mails may go at once and the others follow evenly, so that no hour, whenever it
        begins, has more than `per_hour`.

        >>> Allowance.of(4)
        Allowance(gap=1200.0, ahead=1200.0)
        """
        at_once = math.ceil(per_hour / 2)
        gap = HOUR / (per_hour - at_once + 1)
        return cls(gap, (at_once - 1) * gap)


class MailTurns:
    def __init__(
        self, database: Database, per_hour: int | None, *, jitter: Callable[[], float] = random.random
    ) -> None:
        """Without `per_hour` every mail goes at once, and nothing is asked. `jitter` in [0, 1)."""
        self._database = database
        self._allowance = None if per_hour is None else Allowance.of(per_hour)
        self._jitter = jitter

    async def take(self, job_ids: Sequence[UUID]) -> dict[UUID, float]:
        """Seconds to wait, for those of the claimed jobs whose mail has to. Raises DatabaseUnavailable."""
        if self._allowance is None or not job_ids:
            return {}
        gap, ahead = self._allowance.gap, self._allowance.ahead
        rows = await self._database.fetch(_SQL["take"], list(job_ids), gap, ahead, HOUR + ahead)
        waits = {row["id"]: self._again() if row["wait"] is None else row["wait"] for row in rows}
        return {job_id: wait for job_id, wait in waits.items() if wait > _AT_ONCE}

    async def run(self) -> None:
        """Forgets addresses whose turns are over, until cancelled."""
        while self._allowance is not None:
            try:
                await self._database.execute(_SQL["forget"])
            except DatabaseUnavailable as error:
                log.warning("turns are forgotten later", error=str(error))
            await asyncio.sleep(FORGET_EVERY)

    def _again(self) -> float:
        """When to ask again for a turn, spread so that those who wait do not come together."""
        return HOUR * (0.5 + self._jitter() / 2)
