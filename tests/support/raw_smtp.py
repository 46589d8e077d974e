"""An SMTP server whose replies are bytes that a test chooses."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class RawSmtp:
    """`replies`: what it answers to RCPT, whole with their line end, by recipient; everybody else's mail is taken.
    `taken` counts mails by recipient."""

    port: int = 0
    replies: dict[str, bytes] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        try:
            writer.write(b"220 raw\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.decode("utf-8", "replace").partition("<")[2].partition(">")[0]
                    writer.write(self.replies.get(recipient, b"250 OK\r\n"))
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    while await reader.readline() not in (b".\r\n", b""):
                        pass
                    self.taken[recipient] += 1
                    writer.write(b"250 OK\r\n")
                elif verb == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                else:
                    writer.write(b"250 raw\r\n")
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def raw_smtp() -> AsyncIterator[RawSmtp]:
    script = RawSmtp()
    server = await asyncio.start_server(script.talk, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
