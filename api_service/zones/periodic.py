"""Looks every minute for appointments that a changed law of a zone has moved, and re-plans them. One instance does it
for all."""

import math
from typing import Final

import structlog

from api_service.zones import metrics
from api_service.zones.replanning import ReplanningReport, replan
from shared.database import Database, leader
from shared.ids import new_id
from shared.people import zones
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.zones")

TASK: Final = "zones"
EVERY: Final = 60.0
"""Seconds between two looks. They go on, since an instance with older zone data may book by the old law until it is
replaced."""
MAY_MISS: Final = 3.0
"""Intervals that the leader may miss before another instance takes over."""


class PeriodicReplanning:
    def __init__(self, database: Database, *, every: float = EVERY) -> None:
        """`every`: seconds between two looks."""
        self._database = database
        self._every = every
        self._holder = str(new_id())
        self._told: tuple[object, ...] = ((), (), (), ())
        self._looked = False

    async def run(self) -> None:
        """Runs until cancelled. It looks at once, since this process may be the first with new zone data; after that,
        whenever it leads."""
        # a law that moves a million appointments keeps one turn busy for half an hour
        await run_loop("zones", self._turn, may_take=math.inf)

    async def _turn(self) -> float:
        mine = await self._leads()
        if self._looked and not mine:
            metrics.forget()
            return self._every
        report = await replan(self._database, each_batch=self._stay_leader)
        self._looked = True
        metrics.show(report)
        self._tell(report)
        return self._every

    async def _leads(self) -> bool:
        seconds = self._every * MAY_MISS
        return await leader.lead(self._database, TASK, holder=self._holder, seconds=seconds)

    async def _stay_leader(self) -> None:
        """Two instances that re-plan at once do no harm, so a lost lead is no reason to stop."""
        await self._leads()

    def _tell(self, report: ReplanningReport) -> None:
        """Logs every move, and each case for a person once."""
        if report.moved:
            log.info("bookings follow their zones' law", tzdata=zones.VERSION, **report.moved)
        open_cases = (
            (report.newer,) if report.newer else (),
            tuple(report.unknown),
            tuple(each.booking.id for each in report.clashes),
            tuple(each.id for each in report.missing),
        )
        if open_cases == self._told:
            return
        self._told = open_cases
        if report.newer is not None:
            log.warning(
                "zone data older than those that bookings were planned with", tzdata=zones.VERSION, newest=report.newer
            )
        for name in report.unknown:
            log.warning("bookings in a zone that is unknown here", timezone=name, tzdata=zones.VERSION)
        for clash in report.clashes:
            log.warning(
                "appointment cannot follow its zone's law: others have the time",
                appointment_id=str(clash.booking.id),
                starts_at=clash.starts_at.isoformat(),
                others=[str(each) for each in clash.others],
            )
        for booking in report.missing:
            log.warning("appointment at a local time that its zone now skips", appointment_id=str(booking.id))
