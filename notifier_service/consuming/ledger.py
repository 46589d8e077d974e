"""Commits how attempts ended, in batches, and keeps them in memory while PostgreSQL is away."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final
from uuid import UUID

from notifier_service import metrics
from shared.batching.halving import in_halves
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Finished
from shared.process.internal_errors import failed
from shared.process.loops import run_loop
from shared.storable import storable

BATCH: Final = 200
REFUSED_PAUSE: Final = 5.0
"""Seconds until an outcome that PostgreSQL has refused is tried again: it is never given up."""
UNSTORABLE: Final = "(its words cannot be stored)"


@dataclass(eq=False, slots=True)
class _Waiting:
    end: Finish
    committed: "asyncio.Future[Finished | None]"


class Ledger:
    """One writer: while a commit is on its way, the ends of other attempts gather for the next."""

    def __init__(self, database: Database, *, owner: str, refused_pause: float = REFUSED_PAUSE) -> None:
        self._database = database
        self._owner = owner
        self._refused_pause = refused_pause
        self._waiting: deque[_Waiting] = deque()
        self._refused: set[_Waiting] = set()
        self._changed = asyncio.Event()
        metrics.OUTCOMES_WAITING.set_function(lambda: len(self._waiting) + len(self._refused))

    async def finish(self, end: Finish) -> Finished | None:
        """The row after the commit; None when the lease was lost and the outcome is discarded.

        Waits for ever while PostgreSQL is away: an outcome is never given up. Its words may be a mail server's or a
        driver's, so they are made storable here, whoever has said them.
        """
        committed: asyncio.Future[Finished | None] = asyncio.get_running_loop().create_future()
        told = replace(end, error=_storable(end.error), reason=_storable(end.reason))
        self._wait(_Waiting(told, committed))
        return await committed

    async def run(self) -> None:
        """Writes until cancelled."""
        await run_loop("ledger", self._turn, ready=self._changed.wait)

    async def _turn(self) -> float:
        """One batch. What is not committed when an outage begins stays in front."""
        batch = list(islice(self._waiting, BATCH))
        async with aclosing(in_halves(batch, self._commit)) as parts:
            async for part, answer in parts:
                for _ in part:
                    self._waiting.popleft()
                if isinstance(answer, Exception):
                    self._refuse(part[0], answer)
                else:
                    _tell(part, answer)
        if not self._waiting:
            self._changed.clear()
        return 0.0

    async def _commit(self, part: Sequence[_Waiting]) -> dict[UUID, Finished]:
        return await job_store.finish(self._database, [each.end for each in part], owner=self._owner)

    def _refuse(self, culprit: _Waiting, error: Exception) -> None:
        """Tries again without the words of others, which are most often what is refused; then again and again."""
        failed("ledger", error, job_id=str(culprit.end.job_id), outcome=culprit.end.outcome)
        if culprit.end.error not in (None, UNSTORABLE):
            culprit.end = replace(culprit.end, error=UNSTORABLE)
            self._wait(culprit)
            return
        self._refused.add(culprit)
        asyncio.get_running_loop().call_later(self._refused_pause, self._once_more, culprit)

    def _once_more(self, culprit: _Waiting) -> None:
        self._refused.discard(culprit)
        self._wait(culprit)

    def _wait(self, each: _Waiting) -> None:
        self._waiting.append(each)
        self._changed.set()


def _tell(part: Sequence[_Waiting], answers: dict[UUID, Finished]) -> None:
    for each in part:
        if not each.committed.done():
            each.committed.set_result(answers.get(each.end.job_id))


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text, lines=True)
