"""Runs a parked mail through an attempt, so that a circuit sees whether a mail server takes mail again.

It is claimed like any other job, under the same guards, but without a message: parked mails return at their own times,
and the one that has waited longest should go first. Its own message is stale when it comes.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from notifier_service.channels.email.smtp.circuit import Trial, Which
from notifier_service.consuming.admission import Admitted, Candidate
from notifier_service.consuming.worker import Worker
from shared.broker import Delivery, Publication, Publisher
from shared.broker.topology import DEAD_LETTERS
from shared.database import Database
from shared.errors import BrokerUnavailable, PublishRefused
from shared.jobs import envelope
from shared.jobs import store as job_store
from shared.jobs.model import State, Ticket
from shared.jobs.work_queues import queue_of

log = structlog.get_logger("notifier_service.consuming.trial_mails")

LEFT_TO_US: Final = 30.0
"""Seconds until a relay publishes a job that was taken for a trial and not claimed."""
MOST_LOOKS: Final = 20


class Trials:
    """The trials for one mail server."""

    def __init__(self, database: Database, worker: Callable[[], Worker], *, server: str) -> None:
        """`worker` is a function, called late: the worker's channel needs the circuit, and the circuit needs this."""
        self._database = database
        self._worker = worker
        self._server = server
        self._clients: set[str] = set()  # clients whose mails were tried; emptied when all were
        self._domains: set[str] = set()
        self._latest = ""  # a client; nobody is tried twice in a row in one turn
        self._working: set[asyncio.Task[None]] = set()

    async def choose(self, which: Which) -> Trial | None:
        """The oldest due mail; or the oldest of a client who was not tried yet, preferably at a new domain. Mails that
        are refused for their own sake must not keep the others waiting."""
        for _ in range(MOST_LOOKS):
            ticket = await self._take(which)
            if ticket is None:
                if which == "oldest" or self._clients <= {self._latest}:
                    return None
                self._clients, self._domains = {self._latest}, set()
                continue
            trial = await self._claimed(ticket)
            if trial is not None:
                return trial
        return None

    async def _take(self, which: Which) -> Ticket | None:
        is_another = which == "another"
        return await job_store.take_parked(
            self._database,
            but_of=self._clients if is_another else (),
            but_at=self._domains if is_another else (),
            server=self._server,
            lease=LEFT_TO_US,
        )

    async def drain(self) -> None:
        """Waits for the trials under way."""
        if self._working:
            await asyncio.wait(self._working)

    async def _claimed(self, ticket: Ticket) -> Trial | None:
        worker = self._worker()
        async with worker.isolation.among_others():
            [answer], _ = await worker.admission.admit([Candidate(Delivery.none(), ticket)], alone=True)
            if not isinstance(answer, Admitted):
                return None
            worker.isolation.enter()
        self._latest = answer.notice.client_id
        self._clients.add(self._latest)
        self._domains.add((answer.notice.client_email or "").rpartition("@")[2].lower())

        async def run() -> None:
            task = asyncio.create_task(self._work(worker, answer), name=f"trial-{ticket.job_id}")
            self._working.add(task)
            task.add_done_callback(self._working.discard)
            await asyncio.wait([task])
            task.result()

        return Trial(ticket.job_id, run)

    async def _work(self, worker: Worker, answer: Admitted) -> None:
        ticket = answer.candidate.ticket
        try:
            finished = await worker.work(queue_of(ticket, worker.shards), answer)
        finally:
            worker.isolation.leave()
        if finished is not None and finished.state is State.FAILED and finished.ticket:
            await _show_as_dead(worker.outgoing.publisher, finished.ticket)


async def _show_as_dead(publisher: Publisher | None, ticket: Ticket) -> None:
    """As the broker dead-letters the message of a failed job. The row has the failure in any case."""
    if publisher is None:
        return
    try:
        await publisher.publish(Publication(DEAD_LETTERS, ticket.priority, envelope.build(ticket)))
    except (PublishRefused, BrokerUnavailable) as error:
        log.warning("failed job not shown in the dead-letter queue", job_id=str(ticket.job_id), error=str(error))
