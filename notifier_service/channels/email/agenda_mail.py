"""Writes the mail with the agenda of a doctor's day: few a day, so the standard library may build them."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape

from notifier_service.channels.notice import AgendaLine, Notice
from shared.people.addresses import parse
from shared.wording import Language
from shared.wording.subjects import one_line


def agenda_mail(notice: Notice, language: Language, *, sender: str, domain: str, now: datetime) -> bytes:
    """The whole message, lines ended by CRLF. `sender`: the value of From. It has times and names, no reasons and no
    links: a link of an appointment is its client's. Raises InvalidAddress."""
    address = parse(notice.mail_to or "")
    day = language.day(notice.agenda_day or notice.local_date)
    title = language.text("doctor_agenda_email.title", day=day)
    rows = [_row(line, language) for line in notice.agenda]
    mail = EmailMessage(policy=SMTPUTF8 if address.needs_smtputf8 else SMTP)
    mail["From"] = sender
    mail["To"] = address.wire
    mail["Subject"] = language.text("doctor_agenda_email.subject", day=day, doctor=one_line(notice.doctor_name))
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{notice.job_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language.tag
    mail.set_content("\n".join([title, "", *(f"{clock}  {name}" for clock, name in rows), ""]), cte="quoted-printable")
    mail.add_alternative(_html(title, rows, language), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def _row(line: AgendaLine, language: Language) -> tuple[str, str]:
    return language.clock(line.local_time), one_line(line.client_name or "") or language.text("doctor-feed.unnamed")


def _html(title: str, rows: Sequence[tuple[str, str]], language: Language) -> str:
    cells = "\n".join(
        f'<tr><th scope="row" style="text-align:start;padding:4px 16px 4px 0">{escape(clock)}</th>'
        f"<td><bdi>{escape(name)}</bdi></td></tr>"
        for clock, name in rows
    )
    return (
        f'<!doctype html>\n<html lang="{language.tag}" dir="{language.direction}">\n<head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title></head>\n'
        f'<body style="font-family:sans-serif"><h1 style="font-size:20px">{escape(title)}</h1>\n'
        f"<table>\n{cells}\n</table>\n</body>\n</html>\n"
    )
