"""Stops in order: first /readyz fails, so that load balancers choose another instance, while every request is still
answered."""

import asyncio
from typing import Final

from aiohttp import web


class Draining:
    """Once it has begun, /readyz fails, and each answer closes its connection. A client that keeps connections open
    then sends its next request to another instance, not into a connection that is about to close."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    async def begin(self, delay: float) -> None:
        """Returns after `delay` seconds, when load balancers have noticed."""
        self._begun.set()
        await asyncio.sleep(delay)

    async def accepts_requests(self) -> bool:
        """Whether new requests are welcome; a readiness check."""
        return not self._begun.is_set()

    def mark(self, response: web.StreamResponse) -> None:
        """Makes an answer close its connection, if the service is draining (RFC 9112 §9.6)."""
        if self._begun.is_set():
            response.force_close()


DRAINING: Final = web.AppKey("draining", Draining)
