"""A TCP proxy that a drill can cut, stall and mend: networks fail in ways that servers do not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Between clients and one port of loopback."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._reachable = True
        self._pairs: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Every connection is reset, and new ones are refused until `mend`."""
        self._reachable = False
        for writer in list(self._transports):
            writer.transport.abort()

    def stall(self) -> None:
        """Connections stay open and nothing passes, either way: half-open, as both ends see it."""
        self._flowing.clear()

    def mend(self) -> None:
        self._reachable = True
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
        self._transports |= {writer, far_writer}
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
            for each in (writer, far_writer):
                self._transports.discard(each)
                each.transport.abort()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def close(self) -> None:
        self.cut()
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
