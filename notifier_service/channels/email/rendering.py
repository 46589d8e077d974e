"""Fills e-mails: a template is compiled once for its kind, language and facts, so that a mail is filled and not built.

RFC 5322 and RFC 2045 to 2047, without the standard library's message objects: building and flattening one for
each mail costs several times the hand-over.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from markupsafe import escape

from notifier_service.channels.email import headers
from notifier_service.channels.email.doctor_mails import doctor_mail
from notifier_service.channels.email.event_markup import EventMarkup
from notifier_service.channels.email.frame import mail_frame
from notifier_service.channels.email.layout import Layout
from notifier_service.channels.email.quoted_printable import SOFT_BREAK, quoted_short_lines, quoted_value
from notifier_service.channels.email.smtp.dialogue import Undotted
from notifier_service.channels.email.template import MailTemplate
from notifier_service.channels.email.wording import MailWording, Words, interval_of
from notifier_service.channels.notice import Notice
from shared.calendar import CalendarEvent, CalendarWriter, Person
from shared.errors import PunctualError
from shared.jobs.model import DOCTOR_KINDS, Kind
from shared.links.appointments import AppointmentLinks
from shared.people.addresses import InvalidAddress, parse
from shared.wording import builtin

_LONGEST_LINK: Final = 900  # a line of a mail ends at 998 bytes, and a link cannot be folded
_LONGEST_NAME: Final = 100
_LONGEST_KEPT: Final = 200
"""Characters of a value that is kept encoded for other mails: longer ones, such as reasons, are no one else's."""
_SPECIAL: Final = re.compile("[&<>'\"\n]")


class _Shape(NamedTuple):
    """What mails of one template have in common: a few dozen of them."""

    kind: str
    language: str
    labels: tuple[str, ...]  # of the facts
    unsubscribes: bool
    links: bool


@dataclass(frozen=True, slots=True)
class _Compiled:
    frame: bytes
    text: MailTemplate
    html: MailTemplate


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
        self._wording = wording or MailWording(builtin())
        self._layout = Layout(self._wording.clinic)
        self._calendar = CalendarWriter(
            self._wording.clinic, sender=sender, alarm=calendar_alarm, encode=quoted_short_lines
        )
        self._markup = EventMarkup(self._wording.clinic)
        self._unsubscribe = unsubscribe
        self._appointment_links = appointment_links
        self._job_header = job_header
        self._now = now
        self._templates: dict[_Shape, _Compiled] = {}

    def render(self, notice: Notice) -> bytes:
        """The whole message, lines ended by CRLF. The same job always has the same Message-ID.

        Raises UnusableAddress.
        """
        if notice.kind in DOCTOR_KINDS:
            return self._to_doctor(notice)
        said = self._wording.words(notice)
        name = (notice.client_name or "")[:_LONGEST_NAME]
        recipient = Person(_usable(notice.client_email or ""), " ".join(name.split()))
        unsubscribe, now = self._link(notice), self._now().replace(microsecond=0)
        links = None if self._appointment_links is None else self._appointment_links(notice.appointment_id)
        event = event_of(notice, links.manage if links else "")
        targets = [getattr(links, each) for each in said.actions] if links else []
        shape = _Shape(notice.kind, said.language, tuple(said.facts), bool(unsubscribe), links is not None)
        job_id = str(notice.job_id)
        mail = self._templates.get(shape) or self._compile(shape, said, event)
        values = _values(said, unsubscribe, targets, self._markup.of(event, said.what, recipient.name))
        return Undotted(
            mail.frame
            % {
                b"recipient": headers.mailbox("To", name, recipient.address).encode(),
                b"subject": headers.text("Subject", said.subject).encode(),
                b"date": _date(now),
                b"job_id": job_id.encode(),
                b"appointment_id": str(notice.appointment_id).encode(),
                b"boundary": job_id.replace("-", "").encode(),
                b"unsubscribe": unsubscribe.encode(),
                b"text": mail.text.fill(values.text),
                b"html": mail.html.fill(values.html),
                b"calendar": self._calendar.file(event, self._wording.language_of(notice), now, recipient),
            }
        )

    def _to_doctor(self, notice: Notice) -> bytes:
        _usable(notice.mail_to or "")
        return doctor_mail(
            notice,
            self._wording.language_of(notice),
            sender=self._sender,
            domain=self.sender_address.rpartition("@")[2],
            now=self._now().replace(microsecond=0),
        )

    def _compile(self, shape: _Shape, said: Words, event: CalendarEvent) -> _Compiled:
        """What all mails of a shape share."""
        links = tuple(said.actions) if shape.links else ()
        text, html = self._layout.set(said, links=links, unsubscribes=shape.unsubscribes)
        frame = mail_frame(
            sender=self._sender,
            domain=self.sender_address.rpartition("@")[2],
            reply_to=self._reply_to,
            job_header=self._job_header,
            language=said.language,
            method=self._calendar.method(event, invites=True),
            unsubscribes=shape.unsubscribes,
        )
        compiled = _Compiled(frame, MailTemplate.marked(text), MailTemplate.marked(html))
        self._templates[shape] = compiled
        return compiled

    def _link(self, notice: Notice) -> str:
        """Only reminders can be unsubscribed from: nobody should miss that an appointment was moved."""
        if self._unsubscribe is None or notice.kind != Kind.REMINDER:
            return ""
        link = self._unsubscribe(notice.client_id)
        return link if len(link) <= _LONGEST_LINK else ""


def event_of(notice: Notice, manage_link: str) -> CalendarEvent:
    return CalendarEvent(
        id=notice.appointment_id,
        version=notice.version,
        interval=interval_of(notice),
        is_cancelled=notice.kind == Kind.CANCELLED,
        doctor_id=notice.doctor_id,
        doctor_name=notice.doctor_name,
        doctor_location=notice.doctor_location,
        manage_link=manage_link,
        is_tentative=notice.kind == Kind.OFFER,
    )


def _reply_to(mailbox: str | None) -> str | None:
    """The value of the header field that says where answers go; None where they go to the sender."""
    if mailbox is None:
        return None
    name, address = parseaddr(mailbox)
    return headers.mailbox("Reply-To", name, _usable(address))


def _usable(address: str) -> str:
    """The address as it is on the wire."""
    try:
        return parse(address).wire
    except InvalidAddress as error:
        raise UnusableAddress(f"the client's address {error}") from None


class _Values(NamedTuple):
    """The encoded values of a mail, by the slots of its templates (layout.py). The text has no subject, no preheader
    and no markup."""

    text: Sequence[bytes]
    html: Sequence[bytes]


def _values(said: Words, unsubscribe: str, targets: Sequence[str], markup: bytes) -> _Values:
    facts, links = said.facts.values(), (unsubscribe, *targets)
    in_text = _quoted_links(links, _in_text)
    in_html = _quoted_links(links, _in_html) if any(map(_SPECIAL.search, links)) else in_text
    return _Values(
        [b"", _in_text(said.greeting), in_text[0], b"", b"", *map(_shared_in_text, facts), *in_text[1:]],
        [
            _in_html(said.subject),
            _in_html(said.greeting),
            in_html[0],
            _shared_in_html(said.preheader),
            markup,
            *map(_shared_in_html, facts),
            *in_html[1:],
        ],
    )


def _quoted_links(links: Sequence[str], quoted: Callable[[str], bytes]) -> list[bytes]:
    """Most links begin with the one before them, which is encoded once."""
    found: list[bytes] = []
    page, encoded = "", b""
    for link in links:
        if page and link.startswith(page) and link != page:
            found.append(encoded + SOFT_BREAK + quoted(link.removeprefix(page)))
        else:
            page, encoded = link, quoted(link)
            found.append(encoded)
    return found


def _in_text(value: str) -> bytes:
    """The lines of a value in the text stand under its first, and look like no fact of ours."""
    return quoted_value(value.replace("\n", "\n  "))


def _in_html(value: str) -> bytes:
    """Escaped; to look whether that is needed costs less."""
    return quoted_value(str(escape(value)).replace("\n", "<br>\n") if _SPECIAL.search(value) else value)


def _kept(quoted: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """For values that many mails have, such as a doctor, a place or a time."""
    known = lru_cache(maxsize=8192)(quoted)
    return lambda value: known(value) if len(value) <= _LONGEST_KEPT else quoted(value)


_shared_in_text: Final = _kept(_in_text)
_shared_in_html: Final = _kept(_in_html)


@lru_cache(maxsize=2)
def _date(second: datetime) -> bytes:
    return format_datetime(second).encode()
