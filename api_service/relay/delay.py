"""Gives reminders to the broker if its delayed exchange is in use, and takes them back if not.

`exchange`: the delayed-message exchange holds the reminders that are due within the horizon. `relay`: only the table
holds them, and the sweep publishes each at its due time, like every other due job. All instances make the same choice
(delay_choice.py): each instance says whether it can use the exchange, and then acts by the choice.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Literal

import structlog

from api_service.relay import metrics
from api_service.relay.delay_choice import DelayChoice
from api_service.relay.dispatch import Backend
from api_service.relay.lost_reminders import Recovery
from api_service.relay.publishing import TicketPublisher
from shared.broker import DelayedExchange, probe_delayed_exchange
from shared.broker.topology import DELAYED, Topology, topology
from shared.database import Database
from shared.errors import PunctualError
from shared.jobs import store as job_store
from shared.process.loops import run_loop

log = structlog.get_logger("api_service.relay")

BATCH: Final = 500
CHUNK: Final = 25
"""The largest number of reminders published together. The broker counts the delay from the arrival of the message, so a
long queue of them would be late."""
EARLY_BY: Final = 0.03
"""Seconds by which the broker releases a message early. The worker that has claimed it waits for the rest by the
database's clock, which is more precise than the broker's timers."""
LEASE: Final = 30.0
"""Seconds that a row is kept from other relays during its publish."""
EVERY: Final = 1.0
"""Seconds between two looks. A reminder booked later than that before its due time is left to the sweep."""
VOTE_EVERY: Final = 5.0
"""Seconds between two equal votes, and between two reads of the choice."""
_FOUND: Final = {
    DelayedExchange.AVAILABLE: "the delayed exchange is available",
    DelayedExchange.ABSENT: "the broker does not know the type x-delayed-message",
    DelayedExchange.CONFLICT: f"the broker has another exchange that is called {DELAYED}",
}


class DelayBackend:
    def __init__(
        self,
        database: Database,
        publisher: TicketPublisher,
        choice: DelayChoice,
        recovery: Recovery,
        *,
        on_due: Callable[[], None],
        wanted: Literal["auto", "exchange", "relay"],
        horizon: float,
        max_pending: int,
    ) -> None:
        """`on_due` is called when rows may have become due. `horizon` in seconds. `max_pending`: the largest number of
        messages that the broker may hold at once."""
        self._database = database
        self._publisher = publisher
        self._choice = choice
        self._recovery = recovery
        self._on_due = on_due
        self._wanted = wanted
        self._horizon = horizon
        self._max_pending = max_pending
        self._found: DelayedExchange | None = None
        self._delivers = True
        self._backend: Backend | None = None
        self._voted: bool | None = None
        self._voted_at = -VOTE_EVERY

    @property
    def backend(self) -> Backend:
        """The backend that all instances use."""
        return self._backend or "relay"

    @property
    def usable(self) -> bool:
        """Whether this instance's broker has the exchange, delivering or not."""
        return self._found is DelayedExchange.AVAILABLE

    async def topology(self, amqp_url: str, retry_steps: Sequence[float], *, shards: int = 1) -> Topology:
        """To be called each time a broker was reached: asks whether it has the exchange, and returns the topology to
        declare.

        Raises BrokerUnavailable.
        """
        if self._wanted != "relay":
            self._found = await probe_delayed_exchange(amqp_url, name="punctual-relay-probe")
        self._voted = None
        metrics.DELAY_EXCHANGE_CONFLICT.set(self._found is DelayedExchange.CONFLICT)
        if self._found is DelayedExchange.CONFLICT or (self._wanted == "exchange" and not self.usable):
            log.error("the delayed exchange cannot be used, the relay holds reminders", reason=self._can()[1])
        return topology(retry_steps, shards=shards, delayed=self.usable)

    async def delivers(self, delivers: bool) -> None:
        """Reports whether the exchange delivers. All instances stop using a silent exchange at once."""
        changed, self._delivers = delivers != self._delivers, delivers
        metrics.DELAY_EXCHANGE_SILENT.set(not delivers)
        if changed:
            self._voted = None
        if not delivers:
            await self.distrust("the delayed exchange holds messages and releases none")

    async def distrust(self, reason: str) -> None:
        """Makes all instances stop using the exchange for a while."""
        try:
            if await self._choice.distrust(reason):
                log.error("the delayed exchange is left, the relay holds reminders", reason=reason)
                self._recovery.exchange_was_silent()
        except PunctualError as error:
            log.warning("the delayed exchange is not left yet", error=str(error))

    async def run(self) -> None:
        """Gives reminders to the exchange, or takes them back, until cancelled."""
        await run_loop("relay-delay", self._turn, ready=self._publisher.wait_connected)

    async def withdraw(self) -> None:
        """Withdraws this instance's vote; called when it stops."""
        try:
            await self._choice.withdraw()
        except PunctualError as error:
            log.debug("vote not withdrawn, it runs out", error=str(error))

    async def _turn(self) -> float:
        """One turn; seconds until the next one."""
        await self._learn_choice()
        if await self._recovery.turn():
            self._on_due()
        moved = 0
        if self._backend == "relay":
            moved = await self._take_back()
        elif self._can()[0]:
            moved = await self._hand_over()
        return 0.0 if moved == BATCH else EVERY

    async def _learn_choice(self) -> None:
        can, why = self._can()
        settled = can == self._voted and can == (self._backend == "exchange")
        if not settled or monotonic() - self._voted_at >= VOTE_EVERY:
            backend, reason = await self._choice.vote(can, why)
            self._voted, self._voted_at = can, monotonic()
        else:
            backend, reason = await self._choice.chosen()
        if backend != self._backend:
            log.info("delay backend chosen", backend=backend, reason=reason, wanted=self._wanted)
            self._backend = backend
            for each in ("exchange", "relay"):
                metrics.DELAY_BACKEND.labels(each).set(each == backend)

    def _can(self) -> tuple[bool, str]:
        """Whether this instance can use the exchange, and why (not)."""
        if self._wanted == "relay":
            return False, "DELAY_BACKEND=relay"
        if self._found is None:
            return False, "no broker was reached yet"
        if self.usable and not self._delivers:
            return False, "the delayed exchange holds messages and releases none"
        return self.usable, _FOUND[self._found]

    async def _hand_over(self) -> int:
        """Gives due reminders to the exchange in due order: within the horizon, and no more than the broker may
        hold."""
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
        """Takes back the reminders in the delayed exchange. Returns their number. The sweep publishes them."""
        moved = await job_store.take_back_held(self._database, limit=BATCH)
        if moved:
            metrics.TAKEN_BACK.labels("backend").inc(moved)
            log.info("reminders taken back from the broker", jobs=moved)
        return moved
