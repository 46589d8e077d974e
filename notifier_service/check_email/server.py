"""Goes through the steps to the mail server, as the service would: name, TCP, greeting, EHLO, TLS, login, envelope."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import aiosmtplib

from notifier_service.channels.email.smtp.access_tokens import AccessTokens, TokenRefused, TokenUnavailable
from notifier_service.channels.email.smtp.classification import Stage
from notifier_service.channels.email.smtp.connecting import connect
from notifier_service.channels.email.smtp.dialogue import mail_options
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.opening import SmtpConfig, hello, log_in_as, new_client, own_name, tls_context
from notifier_service.check_email import certificate
from notifier_service.check_email.remedies import explained
from notifier_service.check_email.report import CheckReport

LONGEST_WAIT: Final = 15.0
"""Seconds for one step: a person waits."""
_FAULTS: Final = (aiosmtplib.SMTPException, MailError, OSError, TokenRefused, TokenUnavailable, UnicodeError)


class Failed(Exception):
    """A step has failed, and was reported."""


async def resolve(report: CheckReport, config: SmtpConfig) -> list[str]:
    """The mail server's addresses. Raises Failed."""
    with _step(report, config, "resolve", "connect"):
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(config.host, config.port, type=1)
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        report.say("ok", "resolve", ", ".join(addresses))
    return addresses


async def check_server(report: CheckReport, config: SmtpConfig, recipient: str | None) -> None:
    """All steps up to the envelope, which is then taken back. `recipient`: for RCPT; None for the sender itself. Raises
    Failed after the first step that fails."""
    async with _connected(report, config) as client:
        name = await own_name(client, config)
        with _step(report, config, "hello", "hello"):
            await hello(client, name)
        if config.security == "starttls":
            await _start_tls(report, config, client)
            with _step(report, config, "hello", "hello"):
                await hello(client, name)
        report.say("ok", "hello", f"as {name}; offered: {_offered(client)}")
        await _log_in(report, config, client)
        await _envelope(report, config, client, recipient)


@asynccontextmanager
async def _connected(report: CheckReport, config: SmtpConfig) -> AsyncIterator[aiosmtplib.SMTP]:
    client = new_client(config, tls_context(config), timeout=LONGEST_WAIT)
    try:
        async with _tls_step(report, config, "connect", "connect"):
            greeting = await connect(client, config.host, config.port, timeout=LONGEST_WAIT)
        report.say("ok", "connect", f"{greeting.code} {greeting.message}")
        _tell_tls(report, client)
        yield client
    finally:
        client.close()


async def _start_tls(report: CheckReport, config: SmtpConfig, client: aiosmtplib.SMTP) -> None:
    async with _tls_step(report, config, "TLS", "tls"):
        await client.starttls()
    _tell_tls(report, client)


def _tell_tls(report: CheckReport, client: aiosmtplib.SMTP) -> None:
    found = certificate.of_connection(client)
    if found is not None:
        version, shown = found
        report.say("ok", "TLS", f"{version}; the certificate is {shown}")


async def _log_in(report: CheckReport, config: SmtpConfig, client: aiosmtplib.SMTP) -> None:
    if config.username:
        with _step(report, config, "login", "login"):
            await log_in_as(client, config, None if config.grant is None else AccessTokens(config.grant))
        report.say("ok", "login", f"as {config.username}")
    elif client.supports_extension("auth"):
        report.say("?", "login", "the server offers one, and SMTP_USERNAME is not set")


async def _envelope(report: CheckReport, config: SmtpConfig, client: aiosmtplib.SMTP, recipient: str | None) -> None:
    """MAIL and RCPT. Many servers refuse our address, name or login only here (smtpd_delay_reject)."""
    to = recipient or config.sender
    with _step(report, config, "recipient", "recipient"):
        options = mail_options(config.sender, to, smtputf8=client.supports_extension("smtputf8"))
    with _step(report, config, "sender", "mail"):
        await client.mail(config.sender, options=options, encoding="utf-8")
    with _step(report, config, "recipient", "recipient"):
        await client.rcpt(to, encoding="utf-8")
    report.say("ok", "envelope", f"takes mail from {config.sender} to {to}; nothing was sent")
    if recipient is None:
        report.say("?", "relaying", "not tried", "name somebody elsewhere: --to ADDRESS --dry-run sends nothing")
    await _quietly(client.rset)
    await _quietly(client.quit)


async def _quietly(command: Callable[[], Awaitable[object]]) -> None:
    """Says goodbye; the reply does not matter."""
    try:
        await command()
    except _FAULTS:
        return


def _offered(client: aiosmtplib.SMTP) -> str:
    words = [f"{name} {value}".strip().upper() for name, value in client.esmtp_extensions.items()]
    return ", ".join(words) or "nothing (it knows HELO only)"


@contextmanager
def _step(report: CheckReport, config: SmtpConfig, step: str, stage: Stage) -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        found, remedy = explained(stage, error, config)
        report.say("no", step, found, remedy)
        raise Failed from error


@asynccontextmanager
async def _tls_step(report: CheckReport, config: SmtpConfig, step: str, stage: Stage) -> AsyncIterator[None]:
    """A step in which a certificate may be refused; then the certificate is shown."""
    try:
        with _step(report, config, step, stage):
            yield
    except Failed as failed:
        cause = failed.__cause__
        while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
            cause = cause.__cause__
        shown = await certificate.unverified(config, LONGEST_WAIT) if cause is not None else None
        if shown is not None:
            report.say("?", "TLS", f"the certificate is {shown}")
        raise
