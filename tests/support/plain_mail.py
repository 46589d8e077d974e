"""The mail of a notice, built the long way: values put into whole texts, and each part encoded at once."""

import re
from binascii import b2a_qp
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

import orjson
from markupsafe import escape

from notifier_service.channels.email import headers
from notifier_service.channels.email.layout import Layout
from notifier_service.channels.email.rendering import event_of
from notifier_service.channels.email.wording import MailWording, Words
from notifier_service.channels.notice import Notice
from shared.calendar import CalendarEvent, CalendarWriter, Person
from shared.clinic import Clinic
from shared.links.appointments import AppointmentLinks
from shared.people import zones


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
    marked_up[4] = _markup(event, said, attendee.name, clinic)
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


def _markup(event: CalendarEvent, said: Words, client_name: str, clinic: Clinic) -> str:
    zone = zones.zone(event.interval.timezone)
    place = clinic.location_of(event.doctor_id, event.doctor_location)
    status = "Cancelled" if event.is_cancelled else "Pending" if event.is_tentative else "Confirmed"
    reservation = {
        "@context": "https://schema.org",
        "@type": "EventReservation",
        "reservationNumber": str(event.id),
        "reservationStatus": f"https://schema.org/Reservation{status}",
        "underName": {"@type": "Person", "name": client_name},
        "reservationFor": {
            "@type": "Event",
            "name": said.what,
            "startDate": event.interval.starts_at.astimezone(zone).isoformat(),
            "endDate": event.interval.ends_at.astimezone(zone).isoformat(),
            "location": {
                "@type": "Place",
                "name": clinic.name or event.doctor_name,
                "address": clinic.address or place or event.doctor_name,
            },
        },
    }
    if event.manage_link:
        reservation |= {"modifyReservationUrl": event.manage_link, "url": event.manage_link}
    return orjson.dumps(reservation).decode().replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


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
