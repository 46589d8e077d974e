"""A mail server that is never the limit: it offers PIPELINING, takes everything, and notes when what arrived."""

import asyncio
import re
import time
from typing import Final

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)
_GREETING: Final = b"220 sink\r\n"
_EHLO: Final = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Sink:
    """`arrived`: Message-ID (without its domain) → Unix time of its first arrival; `repeats` counts the others."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.repeats = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def note(self, message: bytes) -> None:
        found = _MESSAGE_ID.search(message)
        key = found[1].decode() if found else ""
        if self.arrived.setdefault(key, now := time.time()) != now:
            self.repeats += 1


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._in_data = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies = []
        while True:
            end = self._buffer.find(b"\r\n.\r\n" if self._in_data else b"\r\n")
            if end < 0:
                break
            if self._in_data:
                self._sink.note(self._buffer[:end])
                self._buffer = self._buffer[end + 5 :]
                self._in_data = False
                replies.append(b"250 ok\r\n")
            else:
                line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
                replies.append(self._answer(line[:4].upper()))
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _answer(self, verb: bytes) -> bytes:
        if verb in (b"EHLO", b"HELO"):
            return _EHLO
        if verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"
