"""The relay as a whole: one broker connection, the direct path, the sweep and the lifeline."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final, Literal

from api_service.relay.canary import Canary
from api_service.relay.delay import DelayBackend
from api_service.relay.delay_choice import DelayChoice
from api_service.relay.depths import Depths
from api_service.relay.dispatch import Backend
from api_service.relay.immediate import DirectPath
from api_service.relay.job_gauges import JobGauges
from api_service.relay.lost_jobs import Lifeline
from api_service.relay.lost_reminders import Recovery
from api_service.relay.parked_mails import ParkedMails
from api_service.relay.publishing import TicketPublisher
from api_service.relay.sweep import Sweep
from api_service.relay.work_queues import WorkQueues
from shared.broker import BrokerSession, sessions
from shared.broker.topology import Topology
from shared.database import Database
from shared.jobs.forecast import USUAL, Promises
from shared.jobs.model import Ticket
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role, Vitals
from shared.jobs.store import HEAD_START
from shared.process.instance import instance
from shared.process.lifecycle import TaskGroup
from shared.process.loops import run_loop


class Relay:
    """Many may run side by side, in API processes or alone. Each is the Dispatch of its own process."""

    head_start: Final = HEAD_START

    def __init__(
        self,
        database: Database,
        *,
        amqp_url: str,
        retry_steps: Sequence[float],
        shards: int = 1,
        delay_backend: Literal["auto", "exchange", "relay"],
        delay_horizon: float,
        delay_max_pending: int,
        delay_grace: float,
        lifeline_interval: float,
        grace: float,
        parked_limit: float = 900.0,
        promises: Promises = USUAL,
        on_failure: Callable[[], None],
    ) -> None:
        """All times in seconds. `on_failure` is called when a part of the relay has ended by an error, and should end
        the process."""
        self._amqp_url = amqp_url
        self._retry_steps = retry_steps
        self._queues = WorkQueues(database, shards=shards)
        self._publisher = TicketPublisher(database, shards=shards)
        self._direct = DirectPath(self._publisher)
        self._sweep = Sweep(database, self._publisher)
        choice = DelayChoice(database, instance=instance(), grace=delay_grace)
        self._recovery = Recovery(choice)
        self._delay = DelayBackend(
            database,
            self._publisher,
            choice,
            self._recovery,
            on_due=self._sweep.wake,
            wanted=delay_backend,
            horizon=delay_horizon,
            max_pending=delay_max_pending,
        )
        self._canary = Canary(self._delay.delivers)
        self._lifeline = Lifeline(
            database,
            self._publisher,
            self._queues,
            interval=lifeline_interval,
            grace=grace,
            on_held=self._delay.distrust,
        )
        self._depths = Depths(self._queues)
        self._parked_mails = ParkedMails(database, self._publisher, self._depths.now)
        self._job_gauges = JobGauges(database, promises, parked_limit=parked_limit)
        self._broker_away: str | None = "no connection yet"
        self._heartbeat = ProcessHeartbeat(database, Role.RELAY, lambda: Vitals(broker=self._away))
        self._sources = TaskGroup(on_failure)
        self._marking = TaskGroup(on_failure)
        self._connection = TaskGroup(on_failure)

    @property
    def ready(self) -> bool:
        """Whether it can publish now."""
        return self._publisher.connected and not self._publisher.blocked

    @property
    def delay_backend(self) -> Backend | None:
        """The holder of reminders until they are due; None before a broker was reached."""
        return self._delay.backend if self._publisher.connected else None

    async def depths(self) -> Mapping[str, int | None]:
        """The number of waiting messages by queue; empty when the broker does not answer in time."""
        return await self._depths.now()

    @property
    def shards(self) -> int:
        """Work queues for each priority."""
        return self._queues.shards

    @property
    def _away(self) -> str | None:
        """Why nothing can be published; None when it can."""
        if self._publisher.connected and self._publisher.blocked:
            return "RabbitMQ takes no messages: it is short of memory or disk, or hangs"
        return self._broker_away

    def _broker_is_away(self, words: str) -> None:
        self._broker_away = words

    def offer(self, tickets: Sequence[Ticket]) -> None:
        """Takes jobs due at once, right after their commit. Never blocks, never raises."""
        self._direct.offer(tickets)

    def wake(self) -> None:
        """Reports that a row has just become due (a requeue by hand)."""
        self._sweep.wake()

    def start(self) -> None:
        self._connection.start(
            "relay-connection", run_loop("relay-connection", self._keep_connected, may_take=math.inf)
        )
        self._marking.start("relay-marking", self._publisher.run_marking())
        self._sources.start("process-heartbeat", self._heartbeat.run())
        self._sources.start("relay-sweep", self._sweep.run())
        self._sources.start("relay-delay", self._delay.run())
        self._sources.start("relay-lifeline", self._lifeline.run())
        self._sources.start("relay-parked", self._parked_mails.run())
        self._sources.start("relay-job-gauges", self._job_gauges.run())

    async def stop(self) -> None:
        """Drains: publishes the offered jobs, marks the confirmed ones, then closes the connection."""
        await self._heartbeat.stopping()
        await self._sources.stop()
        await self._direct.drain()
        await self._delay.withdraw()
        await self._marking.stop()
        await self._connection.stop()
        await self._heartbeat.leave()

    async def _keep_connected(self) -> float:
        each = sessions(
            self._amqp_url, name=f"punctual-relay {instance()}", topology=self._topology, away=self._broker_is_away
        )
        async with aclosing(each):
            async for session in each:
                session.lost_delayed = self._recovery.exchange_was_deleted
                self._broker_away = None
                self._publisher.connect(session.publisher)
                self._lifeline.connect(session)
                self._depths.connect(session)
                self._sweep.wake()
                try:
                    await self._watch(session)
                finally:
                    self._broker_away = "the connection has ended"
                    self._recovery.connection_lost()
                    self._publisher.connect(None)
                    self._lifeline.connect(None)
                    self._depths.connect(None)
        return 0.0

    async def _watch(self, session: BrokerSession) -> None:
        """Runs while the session lasts."""
        async with asyncio.TaskGroup() as group:
            group.create_task(session.watch())
            group.create_task(self._queues.run(session))
            if self._delay.usable:
                group.create_task(self._canary.run(session))

    async def _topology(self, node: str) -> Topology:
        return await self._delay.topology(node, self._retry_steps, shards=self._queues.shards)
