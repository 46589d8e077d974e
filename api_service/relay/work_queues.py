"""Tells other processes which work queues this relay declares, and knows those of another number of shards."""

import asyncio
from collections.abc import Sequence
from typing import Final

from shared.broker import BrokerSession
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.work_queues import WorkQueue, work_queues
from shared.process.loops import run_loop

EVERY: Final = 5.0
"""Seconds between two turns. A notifier that forgets a queue which it could not find hears of it again."""


class WorkQueues:
    def __init__(self, database: Database, *, shards: int) -> None:
        self._database = database
        self.shards = shards
        self.current = work_queues(shards)
        self.old: Sequence[WorkQueue] = ()
        """Queues of another number of shards that the broker may still have."""

    async def run(self, session: BrokerSession) -> None:
        """Keeps the list while the session lasts; its topology is declared."""

        async def turn() -> float:
            known = await job_store.known_work_queues(self._database)
            if not set(self.current) <= set(known):
                await job_store.note_work_queues(self._database, self.current)
            self.old = [queue for queue in known if queue not in self.current]
            return EVERY

        await run_loop("relay-queues", turn, until=session.ended)

    async def depths(self, session: BrokerSession) -> dict[WorkQueue, int]:
        """The number of ready messages of each queue, old ones included; 0 for a missing one. Raises
        BrokerUnavailable."""
        queues = [*self.current, *self.old]
        found = await asyncio.gather(*(session.depth(queue.name) for queue in queues))
        return {queue: depth or 0 for queue, depth in zip(queues, found, strict=True)}
