"""Commits how attempts ended, in batches, and keeps them in memory while PostgreSQL is away."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from notifier_service import metrics
from shared import job_store
from shared.backoff import reconnect_delays
from shared.database import Database
from shared.errors import DatabaseUnavailable
from shared.job_store import Finish, Finished
from shared.storable import storable

log = structlog.get_logger("notifier_service.ledger")

BATCH: Final = 200

_Waiting = tuple[Finish, "asyncio.Future[Finished | None]"]


class Ledger:
    """One writer: while a commit is on its way, the ends of other attempts gather for the next."""

    def __init__(self, database: Database, *, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._waiting: list[_Waiting] = []
        self._committing = 0
        self._changed = asyncio.Event()
        metrics.OUTCOMES_WAITING.set_function(lambda: len(self._waiting) + self._committing)

    async def finish(self, end: Finish) -> Finished | None:
        """The row after the commit; None when the lease was lost and the outcome is discarded.

        Waits for ever while PostgreSQL is away: an outcome is never given up. Its words may be a mail server's or a
        driver's, so they are made storable here, whoever has said them.
        """
        committed: asyncio.Future[Finished | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((replace(end, error=_told(end.error), reason=_told(end.reason)), committed))
        self._changed.set()
        return await committed

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._changed.wait()
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            if not self._waiting:
                self._changed.clear()
            self._committing = len(batch)
            answers = await self._commit([end for end, _ in batch])
            self._committing = 0
            for end, committed in batch:
                if not committed.done():
                    committed.set_result(answers.get(end.job_id))

    async def _commit(self, ends: Sequence[Finish]) -> dict[UUID, Finished]:
        delays = reconnect_delays(random.random(), cap=1.0)  # noqa: S311 - spreads retries
        while True:
            try:
                return await job_store.finish(self._database, ends, owner=self._owner)
            except DatabaseUnavailable as error:
                log.warning("outcomes wait for the database", outcomes=len(ends), error=str(error))
            await asyncio.sleep(next(delays))


def _told(text: str | None) -> str | None:
    return None if text is None else storable(text, lines=True)
