"""Keeps connections to the mail server, as many as are needed at once, and hands mails over on them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Literal, Self, cast

import aiosmtplib

from notifier_service import metrics
from notifier_service.email.dialogue import Extensions, Reply
from notifier_service.email.session import SmtpSession
from notifier_service.email.smtp_errors import MailError, interrupted, refused
from shared import tracing

__all__ = ["Mailer", "Reply", "SmtpConfig"]


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """Where the mail server is; `timeout` and `idle` in seconds."""

    host: str
    port: int
    sender: str
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout: float = 20.0
    connections: int = 8
    idle: float = 30.0


class Mailer:
    def __init__(self, config: SmtpConfig) -> None:
        self._config = config
        self._slots = asyncio.Semaphore(config.connections)
        self._idle: deque[SmtpSession] = deque()
        self._busy = 0
        metrics.SMTP_CONNECTIONS.labels("busy").set_function(lambda: self._busy)
        metrics.SMTP_CONNECTIONS.labels("idle").set_function(lambda: len(self._idle))
        metrics.SMTP_CONNECTIONS_MAX.set(config.connections)
        self._tls = ssl.create_default_context(cafile=config.ca_file) if config.security != "none" else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            self._idle.pop().close()

    async def send(self, recipient: str, message: bytes) -> Reply:
        """Hands one message over; waits while all connections are busy. Raises MailError."""
        async with self._slots:
            self._busy += 1
            try:
                with self._span() as span:
                    reply = await self._send(recipient, message)
                    span.note(punctual__smtp__reply_code=reply.code)
                    return reply
            finally:
                self._busy -= 1

    async def _send(self, recipient: str, message: bytes) -> Reply:
        kept = self._kept()
        if kept is not None:
            try:
                return await self._send_on(kept, recipient, message)
            except MailError as error:
                # it had been closed while it lay idle, and nothing of this mail was on its way
                if error.code is not None or error.data_begun or kept.usable:
                    raise
        return await self._send_on(await self._connect(), recipient, message)

    def _span(self) -> tracing.Span:
        return tracing.span(
            "send mail",
            "CLIENT",
            network__protocol__name="smtp",
            server__address=self._config.host,
            server__port=self._config.port,
        )

    async def probe(self) -> bool:
        """Whether the mail server answers, by EHLO or NOOP: never by a mail."""
        async with self._slots:
            try:
                session = self._kept() or await self._connect()
                await session.noop()
            except MailError:
                return False
            self._keep(session)
            return True

    async def _send_on(self, session: SmtpSession, recipient: str, message: bytes) -> Reply:
        try:
            reply = await session.send(self._config.sender, recipient, message)
        except MailError:
            self._keep(session)
            raise
        except BaseException:
            session.abort()  # cancelled in the middle: its replies would be the next mail's
            raise
        self._keep(session)
        return reply

    def _kept(self) -> SmtpSession | None:
        """The connection used last; those that have been idle too long are closed."""
        horizon = monotonic() - self._config.idle
        while self._idle and (self._idle[0].used_at < horizon or not self._idle[0].usable):
            self._idle.popleft().close()
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                return session
        return None

    def _keep(self, session: SmtpSession) -> None:
        if session.usable:
            self._idle.append(session)

    async def _connect(self) -> SmtpSession:
        config = self._config
        client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            timeout=config.timeout,
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=self._tls,
        )
        try:
            await client.connect()
            await client.ehlo()
            if config.username is not None:
                await client.login(config.username, config.password or "")
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise refused("login", error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            client.close()
            raise interrupted("connect", type(error).__name__) from error
        return _taken_over(client, config.timeout)


def _taken_over(client: aiosmtplib.SMTP, timeout: float) -> SmtpSession:
    transport = client.transport
    if transport is None or transport.is_closing():
        raise interrupted("connect", "connection lost")
    extensions = Extensions(
        pipelining=client.supports_extension("pipelining"),
        smtputf8=client.supports_extension("smtputf8"),
        size=_size(client.esmtp_extensions.get("size", "").split()),
    )
    # uvloop's transports are no subclass of asyncio's, so nothing but a cast can say it
    session = SmtpSession(cast("asyncio.WriteTransport", transport), extensions, timeout=timeout)
    transport.set_protocol(session)
    return session


def _size(parameters: Sequence[str]) -> int | None:
    return int(parameters[0]) if parameters and parameters[0].isdigit() and int(parameters[0]) else None
