"""Writes the mails to doctors: few a day, so the standard library may build them."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape
from typing import Final, NamedTuple

from notifier_service.channels.email.wording import interval_of, previously
from notifier_service.channels.notice import AgendaLine, Notice
from shared.jobs.model import Kind
from shared.people.addresses import parse
from shared.wording import Language
from shared.wording.interval import written
from shared.wording.subjects import news, one_line

_GAP: Final = "  "
"""Between time and name, in plain text."""


class _Said(NamedTuple):
    """The words of a mail: lines of two columns."""

    subject: str
    title: str
    rows: Sequence[tuple[str, str]]
    gap: str  # between the columns, in plain text


def doctor_mail(notice: Notice, language: Language, *, sender: str, domain: str, now: datetime) -> bytes:
    """The whole message, lines ended by CRLF. `sender`: the value of From. It has times and names, no reasons and no
    links: a link of an appointment is its client's. Raises InvalidAddress."""
    said = _agenda(notice, language) if notice.kind == Kind.AGENDA else _notice(notice, language)
    address = parse(notice.mail_to or "")
    mail = EmailMessage(policy=SMTPUTF8 if address.needs_smtputf8 else SMTP)
    mail["From"] = sender
    mail["To"] = address.wire
    mail["Subject"] = said.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{notice.job_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language.tag
    lines = [said.title, "", *(f"{first}{said.gap}{second}" for first, second in said.rows), ""]
    mail.set_content("\n".join(lines), cte="quoted-printable")
    mail.add_alternative(_html(said, language), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def _agenda(notice: Notice, language: Language) -> _Said:
    day = language.day(notice.agenda_day or notice.local_date)
    subject = language.text("doctor_agenda_email.subject", day=day, doctor=one_line(notice.doctor_name))
    rows = [_row(line, language) for line in notice.agenda]
    return _Said(subject, language.text("doctor_agenda_email.title", day=day), rows, _GAP)


def _row(line: AgendaLine, language: Language) -> tuple[str, str]:
    return language.clock(line.local_time), one_line(line.client_name or "") or language.text("doctor-feed.unnamed")


def _notice(notice: Notice, language: Language) -> _Said:
    """The appointment as it is now, and the time that the doctor knew before, if it was moved since."""
    text, before = language.text, notice.previous_starts_at
    key = f"{notice.kind}.{news(is_cancelled=notice.is_cancelled, is_moved=before is not None)}"
    subject = text(key, day=language.day(notice.local_date), time=language.clock(notice.local_time))
    rows = [(text("label.when"), str(written(interval_of(notice), language)))]
    if before is not None:
        rows.append(
            (text("label.previously"), str(previously(language, before, notice.previous_ends_at, notice.timezone)))
        )
    if name := one_line(notice.client_name or ""):
        rows.append((text(f"{notice.kind}.client"), language.isolated(name)))
    return _Said(subject, text(f"{key}-title"), rows, text("separator"))


def _html(said: _Said, language: Language) -> str:
    cells = "\n".join(
        f'<tr><th scope="row" style="text-align:start;padding:4px 16px 4px 0">{escape(first)}</th>'
        f"<td><bdi>{escape(second)}</bdi></td></tr>"
        for first, second in said.rows
    )
    title = escape(said.title)
    return (
        f'<!doctype html>\n<html lang="{language.tag}" dir="{language.direction}">\n<head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title></head>\n'
        f'<body style="font-family:sans-serif"><h1 style="font-size:20px">{title}</h1>\n'
        f"<table>\n{cells}\n</table>\n</body>\n</html>\n"
    )
