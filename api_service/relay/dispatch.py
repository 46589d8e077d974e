"""The interface through which committed jobs reach the relay, in this process or alone."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

from aiohttp import web

from shared.database import Database
from shared.jobs.model import Ticket
from shared.process.loops import run_loop

CHANNEL: Final = "punctual_due"
Backend = Literal["exchange", "relay"]
"""The holder of reminders until they are due: the broker's delayed exchange, or the table and the relay."""


class Dispatch(Protocol):
    """Takes jobs that were just committed."""

    @property
    def head_start(self) -> float:
        """Seconds for which the sweeps leave a job to the process that has committed it."""

    @property
    def ready(self) -> bool:
        """Whether messages can be published now."""

    def offer(self, tickets: Sequence[Ticket]) -> None:
        """Takes jobs due at once, right after their commit. Never blocks, never raises."""

    def wake(self) -> None:
        """Reports that rows have become due (a requeue by hand)."""


class BrokerView(Protocol):
    """The broker, as operators see it."""

    @property
    def shards(self) -> int:
        """Work queues for each priority."""

    @property
    def delay_backend(self) -> Backend | None:
        """The holder of reminders until they are due; None when another process knows."""

    async def depths(self) -> Mapping[str, int | None]:
        """The number of waiting messages by queue. A queue is missing when its length is not known."""


class DistantRelay:
    """Tells relays that run alone about committed jobs, by one NOTIFY for many of them. Their sweep finds the rows."""

    head_start: Final = 0.0

    def __init__(self, database: Database, *, shards: int = 1) -> None:
        self.shards: Final = shards
        self._database = database
        self._news = asyncio.Event()

    @property
    def ready(self) -> bool:
        """True: its relays report their own state."""
        return True

    @property
    def delay_backend(self) -> Backend | None:
        return None

    async def depths(self) -> Mapping[str, int | None]:
        """Empty: this process has no connection to the broker."""
        return {}

    def offer(self, tickets: Sequence[Ticket]) -> None:
        if tickets:
            self._news.set()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Notifies until cancelled. After a lost NOTIFY, a sweep sees the rows within a second."""
        await run_loop("relay-notify", self._notify, ready=self._news.wait)

    async def _notify(self) -> float:
        self._news.clear()
        try:
            await self._database.execute("SELECT pg_notify($1, '')", CHANNEL)
        except Exception:
            self._news.set()  # the next turn notifies again
            raise
        return 0.0


DISPATCH: Final[web.AppKey[Dispatch]] = web.AppKey("dispatch")
BROKER: Final[web.AppKey[BrokerView]] = web.AppKey("broker")
