"""A mail server that is never the limit: it offers PIPELINING, takes everything, and notes when what arrived.

It runs in a process of its own, so that neither those who are measured nor those who measure wait for it.
"""

import asyncio
import multiprocessing
import re
import time
from multiprocessing.connection import Connection
from typing import Any, Final

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)
_GREETING: Final = b"220 sink\r\n"
_EHLO: Final = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Sink:
    """`arrived`: Message-ID (without its domain) → Unix time of its first arrival; `repeats` counts the others, `size`
    adds up the bytes of all."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.repeats = 0
        self.size = 0
        self.last = b""

    def clear(self) -> None:
        self.arrived, self.repeats, self.size = {}, 0, 0

    async def serve(self) -> int:
        """Listens on loopback; the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Session(self), "127.0.0.1", 0, backlog=1000)
        return int(server.sockets[0].getsockname()[1])

    def note(self, message: bytes) -> None:
        found = _MESSAGE_ID.search(message)
        key = found[1].decode() if found else ""
        self.last = message
        self.size += len(message)
        if self.arrived.setdefault(key, now := time.time()) != now:
            self.repeats += 1


class SinkProcess:
    """The sink, from the process that measures; every call is answered at once."""

    def __init__(self) -> None:
        self.port = 0
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_run, args=(theirs,), daemon=True)
        self.pid = 0

    def start(self) -> None:
        self._process.start()
        self.pid = self._process.pid or 0
        self.port = self._ours.recv()

    def stop(self) -> None:
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def clear(self) -> None:
        """Forgets what has arrived."""
        self._ask("clear")

    def count(self) -> int:
        """How many different mails have arrived."""
        return self._ask("count")  # type: ignore[no-any-return]

    def repeats(self) -> int:
        return self._ask("repeats")  # type: ignore[no-any-return]

    def arrived(self) -> dict[str, float]:
        """Message-ID (without its domain) → Unix time of its first arrival."""
        return self._ask("arrived")  # type: ignore[no-any-return]

    def mean_size(self) -> float:
        """Bytes a mail, of all that have arrived; 0 of none."""
        return self._ask("size") / max(self.count() + self.repeats(), 1)  # type: ignore[no-any-return]

    def last(self) -> bytes:
        """The mail that came last."""
        return self._ask("last")  # type: ignore[no-any-return]

    def _ask(self, what: str) -> Any:
        self._ours.send(what)
        return self._ours.recv()


def _run(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    sink = Sink()
    ended = asyncio.Event()

    def answer() -> None:
        try:
            what = pipe.recv()
        except EOFError:
            ended.set()
            return
        match what:
            case "count":
                pipe.send(len(sink.arrived))
            case "clear":
                sink.clear()
                pipe.send(None)
            case _:
                pipe.send(getattr(sink, what))

    pipe.send(await sink.serve())
    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    await ended.wait()


class _Session(asyncio.Protocol):
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
