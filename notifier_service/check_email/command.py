"""Tries the mail settings: the connection to the server, the sender's domain, and a test e-mail if one is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from notifier_service.channels.email import headers
from notifier_service.channels.email.smtp.configuration import smtp_configs
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.mailer import Mailer
from notifier_service.channels.email.smtp.opening import SmtpConfig
from notifier_service.check_email.domain import check_domain
from notifier_service.check_email.name_server import Dns
from notifier_service.check_email.remedies import explained
from notifier_service.check_email.report import CheckReport
from notifier_service.check_email.server import Failed, check_server, resolve
from notifier_service.settings import NotifierSettings
from shared.ids import new_id
from shared.people.addresses import parse


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of the command. `recipient` is an address. `dry_run`: no mail is sent to it."""

    recipient: str | None = None
    dry_run: bool = False
    selectors: Sequence[str] = ()
    name_server: str | None = None


async def run(settings: NotifierSettings, options: Options) -> int:
    """Reports step by step. Returns the exit status: 0 when mail would be sent. Raises ConfigurationError."""
    recipient = None if options.recipient is None else parse(options.recipient).wire
    dns = Dns(options.name_server)
    report = CheckReport()
    configs = smtp_configs(settings)
    addresses = [address for each in configs for address in await _server(report, settings, each, recipient, options)]
    domain = configs[0].sender.rpartition("@")[2]
    await check_domain(report, dns, domain, addresses, options.selectors)
    return 0 if report.works else 1


async def _server(
    report: CheckReport, settings: NotifierSettings, config: SmtpConfig, recipient: str | None, options: Options
) -> list[str]:
    """Checks one mail server. Returns its addresses."""
    report.heading(f"The mail server {config.host}:{config.port} ({config.name}, {config.security})")
    addresses: list[str] = []
    try:
        addresses = await resolve(report, config)
        await check_server(report, config, recipient)
        if recipient is not None and not options.dry_run:
            await _send(report, config, recipient, _test_message(settings.mail_from, recipient))
    except Failed:
        return addresses  # reported already
    return addresses


async def _send(report: CheckReport, config: SmtpConfig, recipient: str, message: bytes) -> None:
    """Sends the test e-mail, by the same mailer as the service."""
    async with Mailer(config) as mailer:
        try:
            reply = await mailer.send(recipient, message)
        except MailError as error:
            report.say("no", "message", *explained(error.stage, error, config))
        else:
            report.say("ok", "message", f"taken: {reply.code} {reply.text}")


def _test_message(sender: str, recipient: str) -> bytes:
    """`sender` is as in MAIL_FROM, `recipient` as on the wire."""
    name, address = parseaddr(sender)
    lines = (
        f"From: {headers.mailbox('From', name, parse(address).wire)}",
        f"To: {recipient}",
        "Subject: Punctual: test of the mail settings",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: <{new_id()}@punctual.invalid>",
        "",
        "If you can read this, the notifier's mail settings work.",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()
