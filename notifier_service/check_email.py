"""Tries the mail server's settings, without touching any job."""

import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifier_service.app import smtp_config
from notifier_service.email.mailer import Mailer
from notifier_service.email.smtp_errors import MailError
from notifier_service.settings import NotifierSettings
from shared.ids import new_id


async def run(settings: NotifierSettings, recipient: str | None) -> int:
    """Connects, and sends one test e-mail to `recipient` if there is one; the exit code."""
    where = f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security})"
    async with Mailer(smtp_config(settings)) as mailer:
        if not await mailer.probe():
            sys.stdout.write(f"no: the mail server {where} does not answer\n")
            return 1
        if recipient is None:
            sys.stdout.write(f"ok: the mail server {where} answers\n")
            return 0
        try:
            reply = await mailer.send(recipient, _test_message(settings.mail_from, recipient))
        except MailError as error:
            sys.stdout.write(f"no: {where} did not take the e-mail: {error.detail}\n")
            return 1
    sys.stdout.write(f"ok: {where} took the e-mail: {reply.code}\n")
    return 0


def _test_message(sender: str, recipient: str) -> bytes:
    message = EmailMessage(SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = "Punctual: test of the mail settings"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{new_id()}@punctual.invalid>"
    message.set_content("If you can read this, the notifier's mail settings work.\n")
    return message.as_bytes()
