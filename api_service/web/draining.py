"""Stops in order: unready first, so that balancers send requests elsewhere, while every request is still answered."""

import asyncio
from typing import Final

from aiohttp import web


class Draining:
    """Once begun, /readyz says no, and connections end with the answers that they carry: a client that keeps one
    open sends its next request elsewhere, instead of into a connection that is about to be closed."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    async def begin(self, delay: float) -> None:
        """Returns after `delay` seconds, when balancers have noticed."""
        self._begun.set()
        await asyncio.sleep(delay)

    async def accepts_requests(self) -> bool:
        """Whether requests are welcome: a check of readiness."""
        return not self._begun.is_set()

    def mark(self, response: web.StreamResponse) -> None:
        """Lets an answer end its connection, if the service is draining (RFC 9112 §9.6)."""
        if self._begun.is_set():
            response.force_close()


DRAINING: Final = web.AppKey("draining", Draining)
