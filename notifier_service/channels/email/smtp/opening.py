"""Opens connections to a mail server with aiosmtplib: TCP, greeting, EHLO, TLS, login, each with its time-out."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

import aiosmtplib

from notifier_service.channels.email.smtp import aiosmtplib_5_1
from notifier_service.channels.email.smtp.access_tokens import AccessTokens, Grant, TokenRefused, TokenUnavailable
from notifier_service.channels.email.smtp.connecting import connect
from notifier_service.channels.email.smtp.dialogue import Extensions
from notifier_service.channels.email.smtp.errors import Stage, interrupted, refused
from notifier_service.channels.email.smtp.login import log_in, log_in_by_token
from notifier_service.channels.email.smtp.plain_session import PlainSession
from notifier_service.channels.email.smtp.session import SmtpSession
from notifier_service.channels.email.smtp.timeouts import Timeouts
from shared.process.library_internals import usable

_NO_EHLO: Final = (500, 501, 502, 504, 550, 554)
"""RFC 5321 §3.2: HELO greets a server that does not know EHLO."""

MailSession = SmtpSession | PlainSession
"""A connection that takes mails, one after the other."""


_DOMAIN: Final = re.compile(
    r"(?!localhost\.)(?=.{1,255}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """How to reach a mail server. `timeout` (each step except the end of DATA) and `idle` in seconds; `timeouts` for
    single steps. `ehlo_name`: None for the machine's own name. `grant`: logs in by OAuth, without a password. `name`:
    its name in logs and rows. `dsn`: delivery reports are asked for where they are offered (RFC 3461)."""

    host: str
    port: int
    sender: str
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout: float = 60.0
    connections: int = 8
    idle: float = 30.0
    timeouts: Timeouts | None = None
    ehlo_name: str | None = None
    allow_clear_password: bool = False
    grant: Grant | None = None
    name: str = "main"
    dsn: bool = True

    def waits(self) -> Timeouts:
        return self.timeouts or Timeouts.of(self.timeout)


def tls_context(config: SmtpConfig) -> ssl.SSLContext | None:
    """The TLS context that verifies the server; None without TLS. Made once, since reading the authorities takes
    milliseconds."""
    return ssl.create_default_context(cafile=config.ca_file) if config.security != "none" else None


def new_client(config: SmtpConfig, tls: ssl.SSLContext | None, *, timeout: float) -> aiosmtplib.SMTP:
    """A client for `connect`, which does nothing by itself. `timeout` of each step in seconds."""
    return aiosmtplib.SMTP(
        hostname=config.host,
        timeout=timeout,
        use_tls=config.security == "tls",
        start_tls=False,
        tls_context=tls,
        local_hostname="localhost",  # never sent: each EHLO of ours names us
    )


async def open_session(config: SmtpConfig, tls: ssl.SSLContext | None, tokens: AccessTokens | None) -> MailSession:
    """Opens a connection that takes mails. Raises MailError, and then leaves nothing open."""
    waits = config.waits()
    client = new_client(config, tls, timeout=waits.login)
    try:
        await _greet(client, config, waits)
        if config.username:
            async with _at("login"):
                await log_in_as(client, config, tokens)
        return _session(client, waits, dsn=config.dsn)
    except BaseException:
        client.close()
        raise


async def log_in_as(client: aiosmtplib.SMTP, config: SmtpConfig, tokens: AccessTokens | None) -> None:
    """Logs in by the configuration: with an access token, or with a password. Raises aiosmtplib's errors, MailError,
    TokenRefused, TokenUnavailable."""
    username, clear = config.username or "", config.allow_clear_password
    if tokens is None:
        await log_in(client, username, config.password or "", clear=clear)
    else:
        await log_in_by_token(client, username, tokens, clear=clear)


async def _greet(client: aiosmtplib.SMTP, config: SmtpConfig, waits: Timeouts) -> None:
    async with _at("connect"):
        await connect(client, config.host, config.port, timeout=waits.greeting)
    name = await own_name(client, config)
    async with _at("hello"):
        await hello(client, name)
    if config.security == "starttls":
        async with _at("tls"):
            await client.starttls()
        async with _at("hello"):
            await client.ehlo(hostname=name)


async def hello(client: aiosmtplib.SMTP, name: str) -> None:
    """Sends EHLO, or HELO if the server knows no other. Raises aiosmtplib's errors."""
    try:
        await client.ehlo(hostname=name)
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _NO_EHLO or not client.is_connected:
            raise
        try:
            await client.helo(hostname=name)
        except (aiosmtplib.SMTPException, OSError):
            raise error from None  # it refuses us, not the command


async def own_name(client: aiosmtplib.SMTP, config: SmtpConfig) -> str:
    """Our name in EHLO: the configured name, the machine's, or the address of this connection."""
    name = config.ehlo_name or await asyncio.to_thread(own_domain)
    if name is None:
        local = client.get_transport_info("sockname")
        name = address_literal(local[0]) if local else "localhost"
    return name


@asynccontextmanager
async def _at(stage: Stage) -> AsyncIterator[None]:
    """Translates the errors of the block into MailError."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        if not 400 <= error.code < 600:
            raise interrupted(stage, "no answer of SMTP", cause="protocol") from error
        raise refused(stage, error.code, error.message) from error
    except TokenRefused as error:
        raise interrupted(stage, str(error), cause="login") from error
    except TokenUnavailable as error:
        raise interrupted(stage, str(error)) from error
    except ssl.SSLError as error:
        raise interrupted(stage, type(error).__name__, cause="tls") from error
    except aiosmtplib.SMTPException as error:
        missing = type(error) is aiosmtplib.SMTPException  # the server has not offered the extension
        raise interrupted(
            stage, "not offered" if missing else type(error).__name__, cause=_cause(stage) if missing else "unreachable"
        ) from error
    except (OSError, UnicodeError, RuntimeError) as error:  # uvloop: RuntimeError for a transport that has closed
        raise interrupted(stage, type(error).__name__, cause=_cause(stage)) from error


def _cause(stage: Stage) -> Literal["tls", "login", "unreachable"]:
    return stage if stage in ("tls", "login") else "unreachable"


def _session(client: aiosmtplib.SMTP, waits: Timeouts, *, dsn: bool) -> MailSession:
    fast = usable(aiosmtplib_5_1.INTERNALS)
    extensions = Extensions(
        pipelining=fast and client.supports_extension("pipelining"),
        smtputf8=client.supports_extension("smtputf8"),
        size=_size(client.esmtp_extensions.get("size", "").split()),
        dsn=dsn and client.supports_extension("dsn"),
    )
    if fast:
        return aiosmtplib_5_1.taken_over(client, extensions, timeouts=waits)
    return PlainSession(client, extensions, timeouts=waits)


def _size(parameters: Sequence[str]) -> int | None:
    """The server's limit on a message (RFC 1870 §3): digits; 0 and anything else mean no limit."""
    said = parameters[0] if parameters else ""
    return int(said) or None if said.isascii() and said.isdigit() and len(said) <= 20 else None


@cache
def own_domain() -> str | None:
    """This machine's name for EHLO (RFC 5321 §4.1.3), if it has a dot. Looked up once, since it may take seconds."""
    name = socket.getfqdn()
    return name if _DOMAIN.fullmatch(name) else None


def address_literal(address: str) -> str:
    """The name in EHLO of a machine without a full name (RFC 5321 §4.1.4).

    >>> address_literal("192.0.2.7"), address_literal("2001:db8::1%eth0")
    ('[192.0.2.7]', '[IPv6:2001:db8::1]')
    """
    parsed = ip_address(address.partition("%")[0])
    return f"[IPv6:{parsed}]" if isinstance(parsed, IPv6Address) else f"[{parsed}]"
