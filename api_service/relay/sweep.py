"""Publishes due jobs that nobody has published: reminders at their time, and jobs left behind."""

import asyncio
from typing import Final

from api_service.relay import metrics
from api_service.relay.publishing import TicketPublisher
from shared.database import Database
from shared.jobs import store as job_store
from shared.process.loops import run_loop

BATCH: Final = 500
LEASE: Final = 10.0
"""Seconds that a taken row is kept from other relays: the time-out of a publish."""
LONGEST_SLEEP: Final = 1.0
"""Seconds. Limits how late a relay sees a row that another process has made due."""


class Sweep:
    """Sleeps until the next row is due, by the database's clock. Many sweeps share the work by SKIP LOCKED."""

    def __init__(self, database: Database, publisher: TicketPublisher) -> None:
        self._database = database
        self._publisher = publisher
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """To be called when a row has just become due."""
        self._wake.set()

    async def run(self) -> None:
        """Sweeps until cancelled. Takes rows only while there is a broker."""
        await run_loop("relay-sweep", self._turn, ready=self._publisher.wait_connected, pause=self._sleep)

    async def _turn(self) -> float:
        """Publishes one batch of due rows; seconds until the next turn."""
        self._wake.clear()
        tickets = await job_store.take_due(self._database, limit=BATCH, lease=LEASE)
        if tickets:
            await self._publisher.publish(tickets, "sweep")
        delay = await job_store.seconds_until_due(self._database)
        metrics.SWEEP_LAG.set(max(-(delay or 0.0), 0.0))
        return LONGEST_SLEEP if delay is None else min(max(delay, 0.0), LONGEST_SLEEP)

    async def _sleep(self, delay: float) -> None:
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return
