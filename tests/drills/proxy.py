"""A TCP proxy that a drill can cut, stall, slow down and mend: networks fail in ways that servers do not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PIECE = 65_536


class Proxy:
    """Between clients and one port of loopback."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._reachable = True
        self._lag = 0.0
        self._pairs: set[asyncio.Task[None]] = set()
        self._near: set[asyncio.StreamWriter] = set()
        self._far: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Every connection is reset, and new ones are refused until `mend`."""
        self._reachable = False
        for writer in self._near | self._far:
            writer.transport.abort()

    def stall(self) -> None:
        """Connections stay open and nothing passes, either way."""
        self._flowing.clear()

    def half_open(self) -> None:
        """The servers' ends are reset and the clients hear nothing of it: their connections lead nowhere."""
        self.stall()
        for writer in self._far:
            writer.transport.abort()

    def slow(self, seconds: float) -> None:
        """Everything takes that much longer, each way."""
        self._lag = seconds

    def mend(self) -> None:
        self._reachable = True
        self._lag = 0.0
        self._flowing.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._reachable:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._near.add(writer)
        self._far.add(far_writer)
        pair = asyncio.ensure_future(self._both(reader, writer, far_reader, far_writer))
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        try:
            await asyncio.gather(self._one_way(reader, far_writer), self._one_way(far_reader, writer))
        finally:
            self._near.discard(writer)
            self._far.discard(far_writer)
            for each in (writer, far_writer):
                each.transport.abort()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ends with the connection, after a stall: news of an end passes no better than data."""
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE):
                await asyncio.sleep(self._lag)
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        await self._flowing.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def close(self) -> None:
        self.cut()
        self.mend()
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)


@asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    """A proxy for a port, on a port of its own."""
    one = Proxy(target)
    server = await asyncio.start_server(one.accept, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.close()
