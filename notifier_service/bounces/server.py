"""An LMTP server (RFC 2033, by aiosmtpd) for the mails that an MTA routes to it.

It answers 250 to a mail that is no use, and drops it: a refusal would make the MTA write a bounce to an address that
may be forged. 451, with which the MTA keeps the mail, is for the time that PostgreSQL is away.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import AnyStr, Final, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier_service.bounces.intake import BounceIntake, drop
from shared.process.internal_errors import internal_error

LARGEST: Final = 1024 * 1024
"""Bytes of a mail that are kept while it arrives; the rest is read and dropped."""
CONNECTIONS: Final = 20
IDLE: Final = 60.0
"""Longest time without a command, in seconds."""
LONGEST: Final = 600.0
"""Longest time of a connection, in seconds."""
TAKEN: Final = "250 2.0.0 OK"
_TOO_LARGE: Final = ("552 Error: Too much mail data", "500 Line too long (see RFC5321 4.5.3.1.6)")
"""aiosmtpd's answers to a mail that it has thrown away."""
_BUSY: Final = b"421 4.3.2 Too many connections\r\n"


class BounceServer:
    """aiosmtpd's hooks, and the connections that are open."""

    def __init__(self, intake: BounceIntake) -> None:
        self._intake = intake
        self.open: set[asyncio.WriteTransport] = set()

    def protocol(self) -> SMTP:
        """The protocol of one connection."""
        return _Connection(self)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """SIZE is not offered: an MTA would bounce a larger mail; we drop it."""
        session.host_name = hostname
        return [each for each in responses if "SIZE" not in each]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient a mail: RFC 2033 §4.2 wants an answer for each, which aiosmtpd does not give."""
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        content = envelope.original_content or b""
        verdict = await self._intake.take(envelope.rcpt_tos[0], content)
        return TAKEN if verdict == "taken" else "451 4.3.0 Not just now"

    async def handle_exception(self, error: Exception) -> str:
        internal_error("bounces", error)
        return "451 4.3.0 Not just now"


class _Connection(LMTP):
    line_length_limit = 64 * 1024  # reports have long lines, though none should

    def __init__(self, server: BounceServer) -> None:
        super().__init__(
            server,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="LMTP",
            timeout=IDLE,
            loop=asyncio.get_running_loop(),
        )
        self._server = server
        self._ending: asyncio.TimerHandle | None = None
        self._kept: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # uvloop's transports are no subclass of asyncio's, so nothing but a cast can say it
        writing = cast("asyncio.WriteTransport", transport)
        if len(self._server.open) >= CONNECTIONS:
            writing.write(_BUSY)
            writing.close()
            return
        self._kept = writing
        self._server.open.add(writing)
        self._ending = asyncio.get_running_loop().call_later(LONGEST, writing.abort)

    def connection_lost(self, error: Exception | None) -> None:
        if self._ending is not None:
            self._ending.cancel()
        if self._kept is not None:
            self._server.open.discard(self._kept)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        if status in _TOO_LARGE:
            drop("too_large")
            await super().push(TAKEN)
        else:
            await super().push(status)


@asynccontextmanager
async def serving(intake: BounceIntake, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Takes mails on sockets that listen, for the block; its connections are cut at the end: the MTA tries again."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would log addresses
    server = BounceServer(intake)
    loop = asyncio.get_running_loop()
    listeners = [await loop.create_server(server.protocol, sock=each) for each in sockets]
    try:
        yield
    finally:
        for listener in listeners:
            listener.close()
        for transport in list(server.open):
            transport.abort()
