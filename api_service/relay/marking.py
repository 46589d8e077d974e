"""Marks as enqueued the jobs whose messages the broker has confirmed and nobody has claimed yet."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from time import monotonic
from typing import Final

import structlog

from shared.batching.halving import in_halves
from shared.database import Database
from shared.errors import Contention, Unavailable
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.process.internal_errors import failed
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.relay")

CLAIMED_BY_THEN: Final = 1.0
"""Seconds after its confirm in which a message is normally claimed. Its row then needs no mark, and has one write less.
The sweep publishes an unmarked row again after 5 s (`HEAD_START`), so marking comes well before that."""
AT_ONCE: Final = 0.1
"""Seconds after its confirm until a message that the broker holds for later is marked: nobody claims it soon."""
GATHERING: Final = 0.25
"""Seconds by which a mark may come early, so that one statement marks many."""
MOST_UNMARKED: Final = 10_000
"""The largest number of tickets that wait in memory for the end of an outage."""


class Marking:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[float, Sequence[Ticket]]] = []
        self._changed = asyncio.Event()

    def confirmed(self, tickets: Sequence[Ticket], *, after: float = CLAIMED_BY_THEN) -> None:
        """Takes tickets that the broker has just confirmed. They are marked `after` seconds from now, unless they are
        claimed by then."""
        if tickets:
            self._waiting.append((monotonic() + after, tickets))
            self._changed.set()

    async def run(self) -> None:
        """Marks until cancelled, and then all the rest."""
        try:
            await run_loop("relay-marking", self._turn, ready=self._due)
        finally:
            await asyncio.shield(self._mark_last())

    async def _due(self) -> None:
        """Returns when the first mark is due."""
        while (delay := self._seconds_left()) > 0:
            self._changed.clear()
            try:
                async with asyncio.timeout(delay if self._waiting else None):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _seconds_left(self) -> float:
        return min((at for at, _ in self._waiting), default=monotonic() + 1) - monotonic()

    async def _turn(self) -> float:
        await self._mark(monotonic() + GATHERING)
        return 0.0

    async def _mark(self, until: float) -> None:
        """Marks the tickets whose time comes before `until`. In an outage, they wait for its end.

        If the database refuses a row, the sweep publishes its job once more; that message is stale then.
        """
        tickets = [ticket for at, batch in self._waiting if at <= until for ticket in batch]
        self._waiting = [(at, batch) for at, batch in self._waiting if at > until]
        marked = 0
        try:
            async with aclosing(in_halves(tickets, self._marked)) as parts:
                async for part, answer in parts:
                    marked += len(part)
                    if isinstance(answer, Exception):
                        failed("relay-marking", answer, job_id=str(part[0].job_id))
        except (Unavailable, Contention):
            self._wait_again(tickets[marked:])
            raise

    def _wait_again(self, tickets: Sequence[Ticket]) -> None:
        room = MOST_UNMARKED - sum(len(batch) for _, batch in self._waiting)
        self.confirmed(tickets[: max(room, 0)], after=0.0)

    async def _marked(self, tickets: Sequence[Ticket]) -> int:
        return await job_store.mark_enqueued(self._database, tickets)

    async def _mark_last(self) -> None:
        try:
            await self._mark(float("inf"))
        except (Unavailable, Contention) as error:
            log.warning("could not mark jobs as enqueued, the sweep publishes them again", error=str(error))
