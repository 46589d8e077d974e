"""Fills e-mails: a template is compiled once for its kind, language and facts, so that a mail is filled and not built.

RFC 5322 and RFC 2045 to 2047, without the standard library's message objects: building and flattening one for
each mail costs several times the hand-over.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from importlib.resources import files
from typing import Final
from uuid import UUID

import jinja2
from markupsafe import escape

from notifier_service.channels.email import headers
from notifier_service.channels.email.template import MailTemplate, mark
from notifier_service.channels.email.wording import MailWording, Words
from notifier_service.channels.notice import Notice
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
    "Auto-Submitted: auto-generated\r\n"  # RFC 3834: no vacation notice answers it
    "{job_header}"
    "{unsubscribe}"
    "Content-Language: {language}\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
    "\r\n"
)
# RFC 2369 and RFC 8058: mail programs show a button of their own
_UNSUBSCRIBE: Final = "List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_LONGEST_LINK: Final = 900  # a line of a mail ends at 998 bytes, and a link cannot be folded
_PART: Final = b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%b"
_LONGEST_NAME: Final = 100
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
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`sender`: "Name <address>", whose domain the Message-IDs bear. `wording`: of our own texts unless
        given. `reply_to`: where answers go, if not to the sender. `unsubscribe`: the link that switches the
        reminders of a client off. `appointment_links`: the links of an appointment. Without either of them mails carry
        none. `job_header`: a header field for the job's id, where a provider's reports repeat it. Raises
        UnusableAddress."""
        name, address = parseaddr(sender)
        self.sender_address = _usable(address)
        self._sender = headers.mailbox("From", name, self.sender_address)
        self._reply_to = _reply_to(reply_to)
        self._domain = self.sender_address.rpartition("@")[2]
        self._wording = wording or MailWording(builtin())
        self._unsubscribe = unsubscribe
        self._appointment_links = appointment_links
        self._job_header = "" if job_header is None else f"{job_header}: {{}}\r\n"
        self._now = now
        environment = {"loader": jinja2.FunctionLoader(_template), "trim_blocks": False}
        self._text = jinja2.Environment(**environment).get_template("letter.txt")  # type: ignore[arg-type]  # noqa: S701 - plain text
        self._html = jinja2.Environment(autoescape=True, **environment).get_template("letter.html")  # type: ignore[arg-type]
        self._templates: dict[_Shape, tuple[MailTemplate, MailTemplate]] = {}

    def render(self, notice: Notice) -> bytes:
        """The whole message, lines ended by CRLF. The same job always has the same Message-ID.

        Raises UnusableAddress.
        """
        said = self._wording.words(notice)
        name = (notice.client_name or "")[:_LONGEST_NAME]
        link = self._link(notice)
        boundary = f"=_{notice.job_id.hex}"  # "=_" can stand in no quoted-printable text
        head = _FRAME.format(
            sender=self._sender,
            recipient=headers.mailbox("To", name, _usable(notice.client_email or "")),
            reply_to=self._reply_to,
            subject=headers.text("Subject", said.subject),
            date=_date(self._now().replace(microsecond=0)),
            job_id=notice.job_id,
            domain=self._domain,
            job_header=self._job_header.format(notice.job_id),
            unsubscribe=_UNSUBSCRIBE.format(link=link) if link else "",
            language=said.language,
            boundary=boundary,
        )
        links = self._links(notice, said)
        values = [said.subject, said.greeting, link, said.preheader, *said.facts.values(), *links]
        text, html = self._template(notice.kind, said, link, links)
        mark = boundary.encode()
        return b"".join(
            (
                head.encode(),
                _PART % (mark, b"plain", text.fill([_indented(value) for value in values])),
                _PART % (mark, b"html", html.fill([escape(value) for value in values])),
                b"--%b--\r\n" % mark,
            )
        )

    def _template(self, kind: str, said: Words, link: str, links: Sequence[str]) -> tuple[MailTemplate, MailTemplate]:
        """Text and HTML of all mails that say the same but for their values."""
        shape = (kind, said.language, tuple(said.facts), bool(link), bool(links))
        templates = self._templates.get(shape)
        if templates is None:
            templates = self._templates[shape] = self._compiled(said, link, links)
        return templates

    def _compiled(self, said: Words, link: str, links: Sequence[str]) -> tuple[MailTemplate, MailTemplate]:
        """With marks in the order of the values that `render` fills in."""
        facts = {label: mark(4 + place) for place, label in enumerate(said.facts)}
        marked = replace(said, subject=mark(0), greeting=mark(1), preheader=mark(3), facts=facts)
        actions = {label: mark(4 + len(facts) + place) for place, label in enumerate(said.actions.values()) if links}
        values = {"words": marked, "link": link and mark(2), "actions": actions}
        return MailTemplate(self._text.render(values) + "\n"), MailTemplate(self._html.render(values) + "\n")

    def _links(self, notice: Notice, said: Words) -> Sequence[str]:
        """To the pages of what the mail offers to do, in its order."""
        if self._appointment_links is None:
            return ()
        links = self._appointment_links(notice.appointment_id)
        return [getattr(links, name) for name in said.actions]

    def _link(self, notice: Notice) -> str:
        """Only reminders can be unsubscribed from: nobody should miss that an appointment was moved."""
        if self._unsubscribe is None or notice.kind != Kind.REMINDER:
            return ""
        link = self._unsubscribe(notice.client_id)
        return link if len(link) <= _LONGEST_LINK else ""


def _template(name: str) -> str:
    return (files("notifier_service.channels.email.templates") / name).read_text("utf-8")


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


@lru_cache(maxsize=2)
def _date(second: datetime) -> str:
    return format_datetime(second)
