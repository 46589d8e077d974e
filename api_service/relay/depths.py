"""Asks the broker for the lengths of its queues, in bounded time, and at most once a second for all callers."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final

import structlog

from api_service.relay.work_queues import WorkQueues
from shared.broker import BrokerSession
from shared.errors import BrokerUnavailable

log = structlog.get_logger("api_service.relay")

WITHIN: Final = 2.0
"""Seconds. A stalled broker must not stall a page that shows the lengths."""
FRESH: Final = 1.0
"""Seconds for which an answer is reused."""


class Depths:
    def __init__(self, queues: WorkQueues) -> None:
        self._queues = queues
        self._session: BrokerSession | None = None
        self._asking = asyncio.Lock()
        self._known: Mapping[str, int | None] = {}
        self._known_until = 0.0

    def connect(self, session: BrokerSession | None) -> None:
        self._session = session
        self._known, self._known_until = {}, 0.0

    async def now(self) -> Mapping[str, int | None]:
        """The number of ready messages by queue; None for a missing queue. Empty when the broker does not answer."""
        async with self._asking:
            if monotonic() >= self._known_until:
                self._known = await self._ask()
                self._known_until = monotonic() + FRESH
            return self._known

    async def _ask(self) -> Mapping[str, int | None]:
        session = self._session
        if session is None:
            return {}
        try:
            async with asyncio.timeout(WITHIN):
                old = {queue.name: await session.depth(queue.name) for queue in self._queues.old}
                return await session.depths() | {name: depth for name, depth in old.items() if depth is not None}
        except (BrokerUnavailable, TimeoutError) as error:
            log.warning("queue depths unknown", error=str(error) or "no answer in time")
            return {}
