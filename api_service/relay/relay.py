"""The relay as a whole: one broker connection, the direct path, the sweep and the lifeline."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final, Literal

from api_service.relay.census import Census
from api_service.relay.delay import DelayBackend
from api_service.relay.depths import Depths
from api_service.relay.direct import DirectPath
from api_service.relay.lifeline import Lifeline
from api_service.relay.publishing import TicketPublisher
from api_service.relay.sweep import Sweep
from shared.broker import sessions
from shared.database import Database
from shared.instance import instance
from shared.job_store import HEAD_START
from shared.jobs import Ticket
from shared.lifecycle import TaskGroup
from shared.loops import run_loop
from shared.topology import Topology


class Relay:
    """Many may run side by side, in API processes or alone. It is a Dispatch for its own process."""

    head_start: Final = HEAD_START

    def __init__(
        self,
        database: Database,
        *,
        amqp_url: str,
        retry_steps: Sequence[float],
        delay_backend: Literal["auto", "exchange", "relay"],
        delay_horizon: float,
        delay_max_pending: int,
        lifeline_interval: float,
        grace: float,
        on_failure: Callable[[], None],
    ) -> None:
        """All times in seconds; `on_failure` is called when a part of it has ended by an error, and should end the
        process."""
        self._amqp_url = amqp_url
        self._retry_steps = retry_steps
        self._publisher = TicketPublisher(database)
        self._direct = DirectPath(self._publisher)
        self._sweep = Sweep(database, self._publisher)
        self._delay = DelayBackend(
            database,
            self._publisher,
            wanted=delay_backend,
            horizon=delay_horizon,
            max_pending=delay_max_pending,
        )
        self._lifeline = Lifeline(database, self._publisher, interval=lifeline_interval, grace=grace)
        self._depths = Depths()
        self._census = Census(database)
        self._sources = TaskGroup(on_failure)
        self._marking = TaskGroup(on_failure)
        self._connection = TaskGroup(on_failure)

    @property
    def ready(self) -> bool:
        """Whether it can publish just now."""
        return self._publisher.connected and not self._publisher.blocked

    @property
    def delay_backend(self) -> str | None:
        """What holds reminders until they are due; None before a broker was reached."""
        return self._delay.backend if self._publisher.connected else None

    async def depths(self) -> Mapping[str, int | None]:
        """Messages that wait in the broker, by queue; empty where it does not say in time."""
        return await self._depths.now()

    def offer(self, tickets: Sequence[Ticket]) -> None:
        """Takes jobs due at once, right after their commit. Never blocks, never raises."""
        self._direct.offer(tickets)

    def wake(self) -> None:
        """Says that a row has just become due (a requeue by hand)."""
        self._sweep.wake()

    def start(self) -> None:
        self._connection.start(
            "relay-connection", run_loop("relay-connection", self._keep_connected, may_take=math.inf)
        )
        self._marking.start("relay-marking", self._publisher.run_marking())
        self._sources.start("relay-direct", self._direct.run())
        self._sources.start("relay-sweep", self._sweep.run())
        self._sources.start("relay-delay", self._delay.run())
        self._sources.start("relay-lifeline", self._lifeline.run())
        self._sources.start("relay-census", self._census.run())

    async def stop(self) -> None:
        """Drains: publishes what was offered, marks what was confirmed, then lets the broker go."""
        await self._sources.stop()
        await self._marking.stop()
        await self._connection.stop()

    async def _keep_connected(self) -> float:
        each = sessions(self._amqp_url, name=f"punctual-relay {instance()}", topology=self._topology)
        async with aclosing(each):
            async for session in each:
                self._publisher.connect(session.publisher)
                self._lifeline.connect(session)
                self._depths.connect(session)
                self._sweep.wake()
                try:
                    await session.watch()
                finally:
                    self._publisher.connect(None)
                    self._lifeline.connect(None)
                    self._depths.connect(None)
        return 0.0

    async def _topology(self, node: str) -> Topology:
        return await self._delay.topology(node, self._retry_steps)
