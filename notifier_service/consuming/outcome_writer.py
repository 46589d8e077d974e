"""Commits the outcomes of attempts in batches, and keeps them in memory while PostgreSQL is away."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from notifier_service.consuming import metrics
from shared.batching.commit_queue import CommitQueue, Waiting
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Finished
from shared.process.internal_errors import failed
from shared.process.loops import run_loop
from shared.safe_text import storable

BATCH: Final = 200
REFUSED_PAUSE: Final = 5.0
"""Seconds until an outcome that PostgreSQL has refused is tried again; it is never given up."""
UNSTORABLE: Final = "(its words cannot be stored)"


_End = Waiting[Finish, Finished | None]


class OutcomeWriter:
    """One writer: during a commit, the outcomes of other attempts gather for the next one."""

    def __init__(self, database: Database, *, owner: str, refused_pause: float = REFUSED_PAUSE) -> None:
        self._database = database
        self._owner = owner
        self._refused_pause = refused_pause
        self._queue = CommitQueue(self._commit, batch=BATCH, refused=self._refuse)
        self._taken: deque[_End] = deque()
        self._refused: set[_End] = set()
        self._changed = asyncio.Event()
        metrics.OUTCOMES_WAITING.set_function(lambda: len(self._queue) + len(self._taken) + len(self._refused))

    async def finish(self, end: Finish) -> Finished | None:
        """The row after the commit; None when the lease was lost and the outcome is discarded.

        Waits for ever while PostgreSQL is away: an outcome is never given up. Its text may come from a mail server or a
        driver, so it is made storable here.
        """
        if end.error is not None or end.reason is not None:
            end = replace(end, error=_storable(end.error), reason=_storable(end.reason))
        committed = self._queue.add(end)
        self._changed.set()
        return await committed

    async def run(self) -> None:
        """Writes until cancelled."""
        await run_loop("ledger", self._turn, ready=self._changed.wait)

    async def _turn(self) -> float:
        """Commits one batch. In an outage the uncommitted part stays in front."""
        self._taken = self._queue.take()
        try:
            await self._queue.settle(self._taken)
        finally:
            self._queue.put_back(self._taken)
            self._taken = deque()
        if not self._queue:
            self._changed.clear()
        return 0.0

    async def _commit(self, ends: Sequence[Finish]) -> list[Finished | None]:
        rows = await job_store.finish(self._database, ends, owner=self._owner)
        return [rows.get(each.job_id) for each in ends]

    def _refuse(self, culprit: _End, error: Exception) -> None:
        """Tries again without the text from outside, which is the likely reason for the refusal; then again and
        again."""
        end = culprit.item
        failed("ledger", error, job_id=str(end.job_id), outcome=end.outcome)
        if end.error not in (None, UNSTORABLE):
            culprit.item = replace(end, error=UNSTORABLE)
            self._put(culprit)
            return
        self._refused.add(culprit)
        asyncio.get_running_loop().call_later(self._refused_pause, self._once_more, culprit)

    def _once_more(self, culprit: _End) -> None:
        self._refused.discard(culprit)
        self._put(culprit)

    def _put(self, end: _End) -> None:
        self._queue.put(end)
        self._changed.set()


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text, lines=True)
