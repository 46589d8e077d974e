"""Hands mails over on one SMTP connection, with PIPELINING where the server offers it.

aiosmtplib opens the connection (TLS, EHLO, AUTH) and cannot pipeline; from there on this protocol owns the
transport. RFC 2920: MAIL, RCPT and DATA go in one write, and every reply is awaited before the message.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from time import monotonic

from notifier_service.email.smtp_errors import MailError, Stage, interrupted, refused

_MAX_REPLY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, the lines of its text joined."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the server offered at EHLO."""

    pipelining: bool
    smtputf8: bool
    size: int | None  # largest message in octets, None: not said


class SmtpSession(asyncio.Protocol):
    """After any error it says by `usable` whether it can be used again."""

    def __init__(self, transport: asyncio.WriteTransport, extensions: Extensions, *, timeout: float) -> None:
        self._transport = transport
        self._extensions = extensions
        self._timeout = timeout
        self._lines: list[str] = []
        self._buffer = b""
        self._replies: deque[Reply] = deque()
        self._arrived: asyncio.Future[None] | None = None
        self._lost = False
        self._reset_first = False
        self.used_at = monotonic()

    @property
    def usable(self) -> bool:
        return not self._lost and not self._transport.is_closing()

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > _MAX_REPLY:
            self.abort()
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            self._lines.append(text[4:])
            if text[3:4] != "-":
                self._replies.append(Reply(int(text[:3]) if text[:3].isdigit() else 500, "\n".join(self._lines)))
                self._lines = []
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    async def send(self, sender: str, recipient: str, message: bytes) -> Reply:
        """The server's 2xx for a message of CRLF lines. Raises MailError."""
        self.used_at = monotonic()
        options = " SMTPUTF8" if not recipient.isascii() or not sender.isascii() else ""
        if options and not self._extensions.smtputf8:
            raise refused("recipient", 553, "5.6.7 the server takes no internationalized addresses")
        if self._extensions.size and len(message) > self._extensions.size:
            raise refused("end of data", 552, "5.3.4 the message is larger than the server takes")
        await self._begin(f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>")
        self._write(_stuffed(message))
        reply = await self._reply("end of data", data_begun=True)
        if reply.code // 100 != 2:
            raise self._refusal("end of data", reply)
        return reply

    async def noop(self) -> None:
        """Asks for a sign of life. Raises MailError."""
        self._write(b"NOOP\r\n")
        reply = await self._reply("connect")
        if reply.code // 100 != 2:
            raise self._refusal("connect", reply)

    async def _begin(self, mail: str, rcpt: str) -> None:
        """Up to the 354 of DATA."""
        commands = [(mail, "mail"), (rcpt, "recipient"), ("DATA", "data")]
        stages: list[tuple[str, Stage]] = [(command, stage) for command, stage in commands]  # type: ignore[misc]
        if self._reset_first:
            self._reset_first = False
            self._write(b"RSET\r\n")
            await self._reply("mail")
        if self._extensions.pipelining:
            self._write("".join(f"{command}\r\n" for command, _ in stages).encode())
            await self._all_accepted([(stage, await self._reply(stage)) for _, stage in stages])
            return
        for command, stage in stages:
            self._write(f"{command}\r\n".encode())
            await self._all_accepted([(stage, await self._reply(stage))])

    async def _all_accepted(self, answers: list[tuple[Stage, Reply]]) -> None:
        wrong = [(stage, reply) for stage, reply in answers if reply.code // 100 != (3 if stage == "data" else 2)]
        if not wrong:
            return
        stage, reply = wrong[0]
        self._reset_first = True
        last_stage, last = answers[-1]
        if last_stage == "data" and last.code == 354:
            # RFC 2920 §3.1: DATA was accepted although no recipient was; a lone dot ends it
            self._write(b".\r\n")
            await self._reply("data")
        raise self._refusal(stage, reply)

    def _refusal(self, stage: Stage, reply: Reply) -> MailError:
        if reply.code == 421:  # RFC 5321 §3.8: the server is closing the channel
            self.abort()
        return refused(stage, reply.code, reply.text)

    def _write(self, data: bytes) -> None:
        if self.usable:
            self._transport.write(data)

    async def _reply(self, stage: Stage, *, data_begun: bool = False) -> Reply:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                while not self._replies:
                    if not self.usable:
                        raise interrupted(stage, "connection lost", data_begun=data_begun)
                    self._arrived = loop.create_future()
                    await self._arrived
        except TimeoutError:
            self.abort()
            raise interrupted(stage, "timed out", data_begun=data_begun) from None
        return self._replies.popleft()

    def abort(self) -> None:
        """Cuts the connection: what was under way is undecided."""
        self._lost = True
        self._transport.abort()

    def close(self) -> None:
        """Says goodbye without waiting for the answer."""
        self._write(b"QUIT\r\n")
        self._lost = True
        self._transport.close()


def _stuffed(message: bytes) -> bytes:
    """RFC 5321 §4.5.2: a dot that begins a line is doubled, a lone dot ends the message."""
    body = message.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")
