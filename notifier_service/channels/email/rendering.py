"""Fills e-mails: a template is compiled once for its kind, language and facts, so that a mail is filled and not built.

RFC 5322 and RFC 2045 to 2047, without the standard library's message objects: building and flattening one for
each mail costs several times the hand-over.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Final
from uuid import UUID

from markupsafe import Markup, escape

from notifier_service.channels.email import headers
from notifier_service.channels.email.event_markup import event_markup
from notifier_service.channels.email.layout import MARKUP, Layout
from notifier_service.channels.email.quoted_printable import quoted_lines
from notifier_service.channels.email.template import MailTemplate
from notifier_service.channels.email.wording import MailWording, Words, interval_of
from notifier_service.channels.notice import Notice
from shared.calendar import CalendarWriter, Event, Person
from shared.errors import PunctualError
from shared.jobs.model import Kind
from shared.links.appointments import AppointmentLinks
from shared.people.addresses import InvalidAddress, parse
from shared.wording import builtin

_FRAME: Final = (
    "From: {sender}\r\n"
    "To: {recipient}\r\n"
    "{reply_to}"
    "Subject: {subject}\r\n"
    "Date: {date}\r\n"
    "Message-ID: <{job_id}@{domain}>\r\n"
    # of no mail that there is: mail programs show those that answer the same one as one thread (RFC 5256 §3)
    "In-Reply-To: <appointment-{appointment_id}@{domain}>\r\n"
    "References: <appointment-{appointment_id}@{domain}>\r\n"
    "Auto-Submitted: auto-generated\r\n"  # RFC 3834: no vacation notice answers it
    "{job_header}"
    "{unsubscribe}"
    "Content-Language: {language}\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="=_m{boundary}"\r\n'
    "\r\n"
    "--=_m{boundary}\r\n"
    'Content-Type: multipart/alternative; boundary="=_a{boundary}"\r\n'
    "\r\n"
)
# RFC 2369 and RFC 8058: mail programs show a button of their own
_UNSUBSCRIBE: Final = "List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_LONGEST_LINK: Final = 900  # a line of a mail ends at 998 bytes, and a link cannot be folded
# RFC 6047 §2.4 for the calendar part; the attachment has a type of its own, lest a program counts the invitation twice.
# The line end in front of a boundary is the boundary's: hence another one behind the calendar
_BODY: Final = (
    b"--%(inner)b\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n%(text)b"
    b"--%(inner)b\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n%(html)b"
    b"--%(inner)b\r\n"
    b"Content-Type: text/calendar; charset=utf-8; method=%(method)b; component=VEVENT\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n%(calendar)b\r\n"
    b"--%(inner)b--\r\n"
    b"--%(outer)b\r\n"
    b'Content-Type: application/ics; name="appointment.ics"\r\n'
    b'Content-Disposition: attachment; filename="appointment.ics"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n%(calendar)b\r\n"
    b"--%(outer)b--\r\n"
)
_LONGEST_NAME: Final = 100
_SPECIAL: Final = re.compile("[&<>'\"\n]")
_BREAK: Final = Markup("<br>\n")
_Shape = tuple[str, str, tuple[str, ...], bool, bool]
"""Kind, language, which facts there are, and whether there are links to unsubscribe and to the appointment: a few dozen
of them."""


class UnusableAddress(PunctualError):
    """The client's address is none that a mail could be sent to."""


class Renderer:
    def __init__(
        self,
        sender: str,
        *,
        wording: MailWording | None = None,
        reply_to: str | None = None,
        unsubscribe: Callable[[str], str] | None = None,
        appointment_links: Callable[[UUID], AppointmentLinks] | None = None,
        job_header: str | None = None,
        calendar_alarm: float | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`sender`: "Name <address>", whose domain the Message-IDs bear. `wording`: of our own texts unless
        given. `reply_to`: where answers go, if not to the sender. `unsubscribe`: the link that switches the
        reminders of a client off. `appointment_links`: the links of an appointment. Without either of them mails carry
        none. `job_header`: a header field for the job's id, where a provider's reports repeat it. `calendar_alarm`:
        seconds, as of CalendarWriter. Raises UnusableAddress."""
        name, address = parseaddr(sender)
        self.sender_address = _usable(address)
        self._sender = headers.mailbox("From", name, self.sender_address)
        self._reply_to = _reply_to(reply_to)
        self._domain = self.sender_address.rpartition("@")[2]
        self._wording = wording or MailWording(builtin())
        self._layout = Layout(self._wording.clinic)
        self._calendar = CalendarWriter(self._wording.clinic, sender=sender, alarm=calendar_alarm, encode=quoted_lines)
        self._unsubscribe = unsubscribe
        self._appointment_links = appointment_links
        self._job_header = "" if job_header is None else f"{job_header}: {{}}\r\n"
        self._now = now
        self._templates: dict[_Shape, tuple[MailTemplate, MailTemplate]] = {}

    def render(self, notice: Notice) -> bytes:
        """The whole message, lines ended by CRLF. The same job always has the same Message-ID.

        Raises UnusableAddress.
        """
        said = self._wording.words(notice)
        name = (notice.client_name or "")[:_LONGEST_NAME]
        recipient = Person(_usable(notice.client_email or ""), " ".join(name.split()))
        unsubscribe, now = self._link(notice), self._now().replace(microsecond=0)
        head = _FRAME.format(
            sender=self._sender,
            recipient=headers.mailbox("To", name, recipient.address),
            reply_to=self._reply_to,
            subject=headers.text("Subject", said.subject),
            date=_date(now),
            job_id=notice.job_id,
            appointment_id=notice.appointment_id,
            domain=self._domain,
            job_header=self._job_header.format(notice.job_id),
            unsubscribe=_UNSUBSCRIBE.format(link=unsubscribe) if unsubscribe else "",
            language=said.language,
            boundary=notice.job_id.hex,
        )
        return head.encode() + _BODY % self._parts(notice, said, recipient, unsubscribe, now)

    def _parts(
        self, notice: Notice, said: Words, recipient: Person, unsubscribe: str, now: datetime
    ) -> Mapping[bytes, bytes]:
        links = None if self._appointment_links is None else self._appointment_links(notice.appointment_id)
        event = event_of(notice, links.manage if links else "")
        markup = event_markup(event, said, recipient.name, self._wording.clinic)
        targets = [getattr(links, each) for each in said.actions] if links else []
        values = [said.subject, said.greeting, unsubscribe, said.preheader, "", *said.facts.values(), *targets]
        text, html = self._template(notice.kind, said, bool(unsubscribe), bool(links))
        marked_up = [_marked_up(value) for value in values]
        marked_up[MARKUP] = markup
        calendar = self._calendar.file(event, self._wording.language_of(notice), now, recipient)
        boundary = notice.job_id.hex.encode()  # "=_" in front of it can stand in no quoted-printable text
        return {
            b"outer": b"=_m" + boundary,
            b"inner": b"=_a" + boundary,
            b"text": text.fill([_indented(value) for value in values]),
            b"html": html.fill(marked_up),
            b"method": self._calendar.method(event, invites=True).encode(),
            b"calendar": calendar,
        }

    def _template(self, kind: str, said: Words, unsubscribes: bool, links: bool) -> tuple[MailTemplate, MailTemplate]:
        """Text and HTML of all mails that say the same but for their values."""
        shape = (kind, said.language, tuple(said.facts), unsubscribes, links)
        templates = self._templates.get(shape)
        if templates is None:
            text, html = self._layout.set(said, links=tuple(said.actions) if links else (), unsubscribes=unsubscribes)
            templates = self._templates[shape] = MailTemplate(text), MailTemplate(html)
        return templates

    def _link(self, notice: Notice) -> str:
        """Only reminders can be unsubscribed from: nobody should miss that an appointment was moved."""
        if self._unsubscribe is None or notice.kind != Kind.REMINDER:
            return ""
        link = self._unsubscribe(notice.client_id)
        return link if len(link) <= _LONGEST_LINK else ""


def event_of(notice: Notice, manage_link: str) -> Event:
    return Event(
        id=notice.appointment_id,
        version=notice.version,
        interval=interval_of(notice),
        is_cancelled=notice.kind == Kind.CANCELLED,
        doctor_id=notice.doctor_id,
        doctor_name=notice.doctor_name,
        doctor_location=notice.doctor_location,
        manage_link=manage_link,
    )


def _reply_to(mailbox: str | None) -> str:
    """The header field that says where answers go; "" where they go to the sender."""
    if mailbox is None:
        return ""
    name, address = parseaddr(mailbox)
    return f"Reply-To: {headers.mailbox('Reply-To', name, _usable(address))}\r\n"


def _usable(address: str) -> str:
    """The address as it is on the wire."""
    try:
        return parse(address).wire
    except InvalidAddress as error:
        raise UnusableAddress(f"the client's address {error}") from None


def _indented(value: str) -> str:
    """The lines of a value in the text stand under its first, and look like no fact of ours."""
    return value.replace("\n", "\n  ")


def _marked_up(value: str) -> str:
    """As HTML; most values are so already, and escaping costs more than looking."""
    return escape(value).replace("\n", _BREAK) if _SPECIAL.search(value) else value


@lru_cache(maxsize=2)
def _date(second: datetime) -> str:
    return format_datetime(second)
