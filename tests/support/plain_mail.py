"""The mail of a notice, built the long way: values put into whole texts, and each part encoded at once."""

import re
from binascii import b2a_qp
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from markupsafe import escape

from notifier_service.channels.email import headers
from notifier_service.channels.email.event_markup import event_markup
from notifier_service.channels.email.layout import Layout
from notifier_service.channels.email.rendering import event_of
from notifier_service.channels.email.wording import MailWording
from notifier_service.channels.notice import Notice
from shared.calendar import CalendarWriter, Person
from shared.links.appointments import AppointmentLinks


def built(
    notice: Notice,
    *,
    sender: str,
    domain: str,
    now: datetime,
    wording: MailWording,
    unsubscribe: str,
    links: Callable[[UUID], AppointmentLinks] | None,
) -> bytes:
    """`sender`: "Name <address>"; `unsubscribe`: the link, where there is to be one."""
    said, clinic, language = wording.words(notice), wording.clinic, wording.language_of(notice)
    found = links(notice.appointment_id) if links else None
    event = event_of(notice, found.manage if found else "")
    targets = [getattr(found, name) for name in said.actions] if found else []
    values = [said.subject, said.greeting, unsubscribe, said.preheader, "", *said.facts.values(), *targets]
    text, html = Layout(clinic).set(said, links=tuple(said.actions) if found else (), unsubscribes=bool(unsubscribe))
    marked_up = [str(escape(value)).replace("\n", "<br>\n") for value in values]
    name = (notice.client_name or "")[:100]
    attendee = Person(notice.client_email or "", " ".join(name.split()))
    marked_up[4] = event_markup(event, said, attendee.name, clinic)
    writer = CalendarWriter(clinic, sender=sender)
    calendar = writer.file(event, language, now, attendee).decode().replace("\r\n", "\n") + "\n"
    invitation = f"text/calendar; charset=utf-8; method={writer.method(event, invites=True)}; component=VEVENT"
    button = ("List-Unsubscribe: <{link}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click") if unsubscribe else ()
    outer, inner = f"=_m{notice.job_id.hex}", f"=_a{notice.job_id.hex}"
    display, address = sender.removesuffix(">").split(" <")
    lines = [
        f"From: {headers.mailbox('From', display, address)}",
        f"To: {headers.mailbox('To', name, notice.client_email or '')}",
        f"Subject: {headers.text('Subject', said.subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{notice.job_id}@{domain}>",
        f"In-Reply-To: <appointment-{notice.appointment_id}@{domain}>",
        f"References: <appointment-{notice.appointment_id}@{domain}>",
        "Auto-Submitted: auto-generated",
        *(line.format(link=unsubscribe) for line in button),
        f"Content-Language: {said.language}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{outer}"',
        "",
        f"--{outer}",
        f'Content-Type: multipart/alternative; boundary="{inner}"',
        "",
        *_part(inner, "text/plain; charset=utf-8", _filled(text, [value.replace("\n", "\n  ") for value in values])),
        *_part(inner, "text/html; charset=utf-8", _filled(html, marked_up)),
        *_part(inner, invitation, calendar),
        f"--{inner}--",
        *_part(
            outer,
            'application/ics; name="appointment.ics"',
            calendar,
            'Content-Disposition: attachment; filename="appointment.ics"',
        ),
        f"--{outer}--",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _filled(text: str, values: Sequence[str]) -> str:
    return re.sub("\ue000([0-9]+)\ue001", lambda found: values[int(found[1])], text)


def _part(boundary: str, kind: str, text: str, *fields: str) -> list[str]:
    whole = b2a_qp(text.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    return [
        f"--{boundary}",
        f"Content-Type: {kind}",
        *fields,
        "Content-Transfer-Encoding: quoted-printable",
        "",
        whole.decode("ascii").removesuffix("\r\n"),
    ]
