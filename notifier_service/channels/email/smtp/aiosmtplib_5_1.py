"""Takes over a connection that aiosmtplib has opened, by the inner names of aiosmtplib 5.1."""

import asyncio
from typing import Final, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from notifier_service.channels.email.smtp.dialogue import Extensions
from notifier_service.channels.email.smtp.errors import interrupted
from notifier_service.channels.email.smtp.session import SmtpSession
from notifier_service.channels.email.smtp.timeouts import Timeouts
from shared.process.library_internals import Internals

INTERNALS: Final = Internals(
    "aiosmtplib",
    "5.1",
    {aiosmtplib.SMTP: ("protocol", "transport")},
    instead="mails are handed over by aiosmtplib, without PIPELINING",
)


def taken_over(client: aiosmtplib.SMTP, extensions: Extensions, *, timeouts: Timeouts) -> SmtpSession:
    """A session that owns the client's connection from now on. Raises MailError when the connection has ended."""
    transport = client.transport
    if transport is None or transport.is_closing() or not isinstance(client.protocol, SMTPProtocol):
        raise interrupted("hello", "connection lost")
    # uvloop's transports are no subclass of asyncio's, so nothing but a cast can say it
    session = SmtpSession(cast("asyncio.WriteTransport", transport), extensions, timeouts=timeouts)
    transport.set_protocol(session)
    return session
