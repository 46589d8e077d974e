"""The connection of one open stream: whether its client is there, how many bytes may wait for it, and when to wake
up."""

import asyncio
import contextlib
import socket
from typing import Final

from aiohttp import web

from api_service.web.middlewares import REQUEST_ID

BUFFER: Final = 32_768
"""Bytes that may wait for a slow client in the transport, and as many in the kernel (whose default is megabytes)."""


class ClientConnection:
    __slots__ = ("_news", "_request", "closing")

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._news = asyncio.Event()
        self.closing = False

    @property
    def gone(self) -> bool:
        """Whether the client has hung up."""
        return self._request.transport is None

    @property
    def request_id(self) -> str:
        return self._request[REQUEST_ID]

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        """Ends the stream. A resumed stream sends the unread events again."""
        self.closing = True
        self._news.set()
        transport = self._request.transport
        if transport is not None and transport.get_write_buffer_size():
            self.abort()

    def abort(self) -> None:
        """Cuts the connection, and drops the bytes that wait for the client."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def bound(self) -> None:
        """Limits the waiting bytes to BUFFER, in the transport and in the kernel. A writer then waits until the client
        has read."""
        transport = self._request.transport
        if transport is None:
            return
        transport.set_write_buffer_limits(high=BUFFER)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)

    async def news(self, *, within: float) -> None:
        """Returns when there are news, or after `within` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._news.wait()
        self._news.clear()
