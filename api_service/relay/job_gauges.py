"""Counts jobs every few seconds and rolls up finished ones. One instance, the leader, does it for all, and it alone
shows the counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import structlog

from api_service.relay import metrics
from shared.database import Database, leader
from shared.errors import PunctualError
from shared.ids import new_id
from shared.jobs import counts as job_counts
from shared.jobs import due
from shared.jobs.forecast import USUAL, Promises
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.relay")

TASK: Final = "census"
"""Its name in the database; another one would let two releases count at once."""
EVERY: Final = 15.0
FORECAST_EVERY: Final = 60.0
"""Seconds between two forecasts, which read more than the counts do."""
MAY_MISS: Final = 3.0
"""Intervals that the leader may miss before another instance takes over."""
BATCH: Final = 2_000
"""The largest number of notes rolled up in one transaction."""
MOST_BATCHES: Final = 50
"""Batches in one turn. The next turn rolls up the rest."""
LONGEST_TURN: Final = 900.0
"""Seconds of one turn: that many batches, each with the longest time of a statement."""


LAST_WORD: Final = 2.0
"""Seconds that a stop waits for the leader to resign. Otherwise its time as leader runs out."""


class JobGauges:
    def __init__(
        self,
        database: Database,
        promises: Promises = USUAL,
        *,
        parked_limit: float = 900.0,
        every: float = EVERY,
    ) -> None:
        """`promises`: the bounds of the forecast. `parked_limit`: seconds that a mail may be parked before an alert
        fires. `every`: seconds between two counts."""
        self._database = database
        self._promises = promises
        self._forecast_at = 0.0
        self._parked_limit = parked_limit
        self._every = every
        self._holder = str(new_id())
        self._counts = False

    async def run(self) -> None:
        """Counts until cancelled, whenever this instance is the leader."""
        async with self._leading():
            await run_loop("relay-job-gauges", self._turn, may_take=LONGEST_TURN)

    async def _turn(self) -> float:
        try:
            await self._count()
        except PunctualError:
            self._shows(False)
            raise
        return self._every

    async def _count(self) -> None:
        mine = await leader.lead(self._database, TASK, holder=self._holder, seconds=self._every * MAY_MISS)
        self._shows(mine)
        if not mine:
            return
        await self._roll_up()
        states = await job_counts.by_state(self._database)
        metrics.JOBS.show(
            states,
            oldest_due_age=await job_counts.oldest_due_age(self._database),
            parked=await job_counts.parked(self._database, limit=self._parked_limit),
        )
        if monotonic() >= self._forecast_at:
            metrics.FORECAST.show(await due.look_ahead(self._database, self._promises))
            self._forecast_at = monotonic() + FORECAST_EVERY

    async def _roll_up(self) -> None:
        for _ in range(MOST_BATCHES):
            if await job_counts.roll_up(self._database, limit=BATCH) < BATCH:
                break
        await job_counts.forget(self._database)

    def _shows(self, mine: bool) -> None:
        """Removes the figures of an instance that is not the leader: two instances' figures would be summed up, and old
        ones are wrong."""
        if mine != self._counts:
            self._counts = mine
            log.info("counts jobs for all instances" if mine else "another instance counts jobs")
        if not mine:
            self._hide()

    def _hide(self) -> None:
        metrics.JOBS.hide()
        metrics.FORECAST.hide()
        self._forecast_at = 0.0

    @asynccontextmanager
    async def _leading(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._hide()
            if self._counts:
                try:
                    async with asyncio.timeout(LAST_WORD):
                        await leader.resign(self._database, TASK, holder=self._holder)
                except (PunctualError, TimeoutError) as error:
                    log.debug("leader has not resigned, its time runs out", error=str(error))
