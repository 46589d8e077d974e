"""Speaks HTTP/1.1 badly: bytes as they are given, on a socket of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from tests.support.client import Answer
from tests.support.waiting import LONGEST


@dataclass
class RawConnection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, within: float = LONGEST) -> Answer:
        """The next answer, which must have a Content-Length or no body."""
        async with asyncio.timeout(within):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.rstrip().split("\r\n")
            headers = {name.title(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("Content-Length", 0)))
        shown = orjson.loads(body) if "json" in headers.get("Content-Type", "") else body.decode()
        return Answer(int(status.split()[1]), headers, shown)

    async def closed(self, *, within: float = LONGEST) -> bool:
        """Whether the server has closed the connection; what it still sends is read away."""
        try:
            async with asyncio.timeout(within):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def raw_connection(url: str, *, receive_buffer: int | None = None) -> AsyncIterator[RawConnection]:
    """`receive_buffer`: bytes that the kernel takes before the server notices that nobody reads."""
    where = urlsplit(url)
    plug = socket.socket()
    plug.setblocking(False)
    if receive_buffer is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(plug, (where.hostname, where.port))
    reader, writer = await asyncio.open_connection(sock=plug, limit=receive_buffer or 2**16)
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.transport.abort()
