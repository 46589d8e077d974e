"""Publishes the jobs that this process has just committed: from memory, without a query, a pause or a task between."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from api_service.relay import metrics
from api_service.relay.publishing import TicketPublisher
from shared.jobs.model import Ticket
from shared.process.internal_errors import internal_error

CAPACITY: Final = 10_000
"""The largest number of tickets in memory. Further ones are left to the sweep, so that a stalled broker makes only the
table grow."""
BATCH: Final = 200
IN_FLIGHT: Final = 4
"""Batches that may wait for confirms at once, so that a lone booking never waits for the batch before it."""


class DirectPath:
    """Tickets that are offered together are published together. While as many batches as allowed wait for their
    confirms, tickets gather for the next batch."""

    def __init__(self, publisher: TicketPublisher) -> None:
        self._publisher = publisher
        self._waiting: deque[Ticket] = deque()
        self._batches: set[asyncio.Task[int]] = set()
        metrics.WAITING.set_function(lambda: len(self._waiting))

    def offer(self, tickets: Sequence[Ticket]) -> None:
        """Takes committed jobs, and writes them in this turn of the event loop or the next one. Never blocks. Without a
        broker or without room, the sweep publishes them."""
        room = CAPACITY - len(self._waiting) if self._publisher.connected else 0
        self._waiting.extend(tickets[:room])
        if room < len(tickets):
            metrics.OVERFLOWED.inc(len(tickets) - max(room, 0))
        self._pump()

    async def drain(self) -> None:
        """Publishes all waiting tickets at once, and waits for their confirms."""
        while self._waiting:
            self._start_batch()
        while self._batches:
            await asyncio.wait(self._batches)

    def _pump(self) -> None:
        while self._waiting and len(self._batches) < IN_FLIGHT:
            self._start_batch()

    def _start_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        task = asyncio.create_task(self._publisher.publish(batch, "direct"), name="publish-batch")
        self._batches.add(task)
        task.add_done_callback(self._batch_done)

    def _batch_done(self, task: asyncio.Task[int]) -> None:
        self._batches.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # the sweep publishes them
            internal_error("publish", error)
        self._pump()
