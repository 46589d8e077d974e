"""Finds lost jobs: attempts whose worker has vanished, and messages that the broker no longer holds."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import structlog

from api_service.relay import metrics
from api_service.relay.publishing import TicketPublisher
from api_service.relay.work_queues import WorkQueues
from shared.broker import BrokerSession
from shared.database import Database
from shared.errors import DatabaseUnavailable
from shared.jobs import store as job_store
from shared.jobs.work_queues import WorkQueue
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.relay")

BATCH: Final = 500
"""Rows in one turn. With the interval, this limits how fast lost messages are published again."""


AFTER_OUTAGE: Final = 5.0
"""Seconds that workers have after an outage of PostgreSQL to commit their outcomes. Their leases have expired
meanwhile; taking the jobs away would send their mails twice."""

MANY: Final = 3
"""Reminders at once that the delayed exchange must have held back, before its use is stopped."""


class EmptySince:
    """Since when a queue has been empty at every look. Pure."""

    def __init__(self) -> None:
        self._since: float | None = None

    def observe(self, depth: int, now: float) -> float:
        """Takes a look. Returns the seconds for which the queue has been empty; 0 when it is not."""
        if depth:
            self._since = None
        elif self._since is None:
            self._since = now
        return 0.0 if self._since is None else now - self._since


class Lifeline:
    def __init__(
        self,
        database: Database,
        publisher: TicketPublisher,
        queues: WorkQueues,
        *,
        interval: float,
        grace: float,
        on_held: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Looks every `interval` seconds. A message counts as lost `grace` seconds after it was due. `on_held` is
        called when the delayed exchange has held back some of them, or has lost them."""
        self._database = database
        self._publisher = publisher
        self._queues = queues
        self._interval = interval
        self._grace = grace
        self._on_held = on_held
        self._session: BrokerSession | None = None
        self._empty: defaultdict[WorkQueue, EmptySince] = defaultdict(EmptySince)

    def connect(self, session: BrokerSession | None) -> None:
        self._session = session

    async def run(self) -> None:
        """Looks until cancelled, for the first time after an interval."""
        await asyncio.sleep(self._interval)
        await run_loop("relay-lifeline", self._turn)

    async def _turn(self) -> float:
        """One look; seconds until the next one."""
        try:
            await self._recover_leases()
            await self._republish_lost()
        except DatabaseUnavailable:
            await asyncio.sleep(AFTER_OUTAGE)
            raise
        return self._interval

    async def _recover_leases(self) -> None:
        for job_id, state in await job_store.recover_expired_leases(self._database, limit=BATCH):
            metrics.LEASES_RECOVERED.labels(state).inc()
            log.warning("worker lost, job recovered", job_id=str(job_id), state=state)

    async def _republish_lost(self) -> None:
        session = self._session
        if session is None:
            return
        await session.restore()
        depths = await self._queues.depths(session)
        now, current = monotonic(), self._queues.current
        empty_for = {queue: self._empty[queue].observe(depth, now) for queue, depth in depths.items()}
        filled = [queue for queue in depths if queue not in current and empty_for[queue] < self._grace]
        for queue in current:
            lost = await job_store.take_lost(
                self._database,
                queue=queue,
                shards=self._queues.shards,
                old_queues=[old for old in filled if old.priority is queue.priority],
                limit=BATCH,
                grace=self._grace,
                queue_empty=empty_for[queue] >= self._grace
                and not any(old.priority is queue.priority for old in filled),
            )
            if lost:
                log.warning("broker lost messages, published again", queue=queue.key, jobs=len(lost))
                await self._publisher.publish([ticket for ticket, _ in lost], "recovered")
                await self._tell_held(sum(was_ahead for _, was_ahead in lost))

    async def _tell_held(self, jobs: int) -> None:
        """Reports many lost reminders at once. A few may be an operator's doing, or lost with their whole queue."""
        if jobs >= MANY and self._on_held is not None:
            await self._on_held(f"{jobs} reminders that the delayed exchange was given did not come when they were due")
