"""Leaves in order: unready first, so that balancers look elsewhere, while every request is still answered."""

import asyncio
from typing import Final

from aiohttp import web


class Departure:
    """Once announced, /readyz says no, and connections end with the answers that they carry: a client that keeps one
    open sends its next request elsewhere, instead of into a connection that is about to be closed."""

    def __init__(self) -> None:
        self._announced = asyncio.Event()

    async def announce(self, delay: float) -> None:
        """Returns after `delay` seconds, when nobody should come any more."""
        self._announced.set()
        await asyncio.sleep(delay)

    async def not_announced(self) -> bool:
        """Whether requests are welcome: a check of readiness."""
        return not self._announced.is_set()

    def mark(self, response: web.StreamResponse) -> None:
        """Lets an answer end its connection, if the service is leaving (RFC 9112 §9.6)."""
        if self._announced.is_set():
            response.force_close()


DEPARTURE: Final = web.AppKey("departure", Departure)
