"""Decides who holds reminders until they are due, and hands them to the broker where it is the broker.

`exchange`: the delayed-message exchange holds what is due within the horizon. `relay`: nobody but the table does, and
the sweep publishes each exactly when it is due, as it does with everything that a broker did not take.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Final, Literal

import structlog

from api_service.relay import metrics
from api_service.relay.publishing import TicketPublisher
from shared import job_store
from shared.broker import DelayedExchange, probe_delayed_exchange
from shared.database import Database
from shared.loops import run_loop
from shared.topology import DELAYED, Topology, topology

log = structlog.get_logger("api_service.relay")

Backend = Literal["exchange", "relay"]
BATCH: Final = 500
CHUNK: Final = 25
"""Published together: the broker counts a delay from when it has the message, so a long queue of them would be late."""
EARLY_BY: Final = 0.03
"""Seconds that the broker releases a message before its time; the worker that has claimed it waits out the rest by the
database's clock, which is more precise than any timer of the broker's."""
LEASE: Final = 30.0
"""Seconds that a row is kept from other relays while the broker is asked to hold it."""
EVERY: Final = 1.0
"""Seconds between two looks; a reminder booked later than that before its time is the sweep's anyway."""


class DelayBackend:
    def __init__(
        self,
        database: Database,
        publisher: TicketPublisher,
        *,
        wanted: Literal["auto", "exchange", "relay"],
        horizon: float,
        max_pending: int,
    ) -> None:
        """`horizon` in seconds; `max_pending`: most messages that the broker may hold at once."""
        self._database = database
        self._publisher = publisher
        self._wanted = wanted
        self._horizon = horizon
        self._max_pending = max_pending
        self._backend: Backend = "relay"

    @property
    def backend(self) -> Backend:
        """The one in use since the broker was reached."""
        return self._backend

    async def topology(self, amqp_url: str, retry_steps: Sequence[float]) -> Topology:
        """Chooses the backend that this broker allows, each time it was reached, and says what to declare.

        Raises BrokerUnavailable.
        """
        found = None
        if self._wanted != "relay":
            found = await probe_delayed_exchange(amqp_url, name="punctual-relay-probe")
        can = found is DelayedExchange.AVAILABLE
        self._choose("exchange" if can else "relay", found)
        return topology(retry_steps, delayed=can)

    async def run(self) -> None:
        """Hands over, or takes back, until cancelled."""
        await run_loop("relay-delay", self._turn, ready=self._publisher.wait_connected)

    async def _turn(self) -> float:
        moved = await (self._hand_over() if self._backend == "exchange" else self._take_back())
        return 0.0 if moved == BATCH else EVERY

    async def _hand_over(self) -> int:
        """In due order, no further than the horizon, no more than the broker may hold."""
        room = self._max_pending - await job_store.held_by_broker(self._database, most=self._max_pending)
        if room <= 0:
            return 0
        asked_at, handed = monotonic(), 0
        tickets = await job_store.take_ahead(self._database, limit=min(BATCH, room), horizon=self._horizon, lease=LEASE)
        for begin in range(0, len(tickets), CHUNK):
            waited = monotonic() - asked_at
            chunk = [(ticket, left - waited - EARLY_BY) for ticket, left in tickets[begin : begin + CHUNK]]
            handed += await self._publisher.hand_over(chunk)
        return handed

    async def _take_back(self) -> int:
        """What another backend had given to a broker: the table holds it again, and the sweep publishes it."""
        moved = await job_store.take_back_held(self._database, limit=BATCH)
        if moved:
            log.info("reminders taken back from the broker", jobs=moved)
        return moved

    def _choose(self, backend: Backend, found: DelayedExchange | None) -> None:
        self._backend = backend
        for each in ("exchange", "relay"):
            metrics.DELAY_BACKEND.labels(each).set(each == backend)
        metrics.DELAY_EXCHANGE_CONFLICT.set(found is DelayedExchange.CONFLICT)
        if found is DelayedExchange.CONFLICT:
            log.error("an exchange of that name has another type or arguments: the relay holds reminders", name=DELAYED)
        elif self._wanted == "exchange" and backend == "relay":
            log.error("this broker has no x-delayed-message exchange: the relay holds reminders", backend=backend)
        else:
            log.info("delay backend chosen", backend=backend, wanted=self._wanted)
