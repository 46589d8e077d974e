"""Fills e-mails: the MIME frame is prepared once, so that a mail costs two templates and two encodings.

RFC 5322 and RFC 2045 to 2047, without the standard library's message objects: building and flattening one for
each mail costs several times the hand-over.
"""

import re
from binascii import b2a_qp
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from importlib.resources import files
from typing import Final

import jinja2

from notifier_service.notice import Notice
from notifier_service.wording import words
from shared.errors import PunctualError
from shared.jobs import Kind

_FRAME: Final = (
    "From: {sender}\r\n"
    "To: {recipient}\r\n"
    "Subject: {subject}\r\n"
    "Date: {date}\r\n"
    "Message-ID: <{job_id}@{domain}>\r\n"
    "Auto-Submitted: auto-generated\r\n"  # RFC 3834: no vacation notice answers it
    "{unsubscribe}"
    "Content-Language: {language}\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
    "\r\n"
)
# RFC 2369 and RFC 8058: mail programs show a button of their own
_UNSUBSCRIBE: Final = "List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_LONGEST_LINK: Final = 900  # a line of a mail ends at 998 bytes, and a link cannot be folded
_PART: Final = (
    b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%b\r\n"
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\\\"\x00-\x20\x7f-\x9f]+@[^\s<>()\[\],;:\\\"@\x00-\x20\x7f-\x9f]+")


class UnusableAddress(PunctualError):
    """The client's address is none that a mail could be sent to."""


class Renderer:
    def __init__(
        self,
        sender: str,
        *,
        unsubscribe: Callable[[str], str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`sender`: "Name <address>", whose domain the Message-IDs bear. `unsubscribe`: the link that switches the
        reminders of a client off; without it mails carry none. Raises UnusableAddress."""
        name, address = parseaddr(sender)
        self.sender_address = _usable(address)
        self._sender = formataddr((name, self.sender_address), "utf-8")
        self._domain = address.rpartition("@")[2]
        self._unsubscribe = unsubscribe
        self._now = now
        environment = {"loader": jinja2.FunctionLoader(_template), "trim_blocks": False}
        self._text = jinja2.Environment(**environment).get_template("letter.txt")  # type: ignore[arg-type]  # noqa: S701 - plain text
        self._html = jinja2.Environment(autoescape=True, **environment).get_template("letter.html")  # type: ignore[arg-type]

    def render(self, notice: Notice) -> bytes:
        """The whole message, lines ended by CRLF. The same job always has the same Message-ID.

        Raises UnusableAddress.
        """
        said = words(notice)
        recipient = formataddr((_name(notice), _usable(notice.client_email or "")), "utf-8")
        link = self._link(notice)
        boundary = f"=_{notice.job_id.hex}"  # "=_" can stand in no quoted-printable text
        head = _FRAME.format(
            sender=self._sender,
            recipient=recipient,
            subject=_encoded(said.subject, "Subject"),
            date=format_datetime(self._now()),
            job_id=notice.job_id,
            domain=self._domain,
            unsubscribe=_UNSUBSCRIBE.format(link=link) if link else "",
            language=said.language,
            boundary=boundary,
        )
        mark = boundary.encode()
        return b"".join(
            (
                head.encode(),
                _PART % (mark, b"plain", _quoted(self._text.render(words=said, link=link))),
                _PART % (mark, b"html", _quoted(self._html.render(words=said, link=link))),
                b"--%b--\r\n" % mark,
            )
        )

    def _link(self, notice: Notice) -> str:
        """Only reminders can be unsubscribed from: nobody should miss that an appointment was moved."""
        if self._unsubscribe is None or notice.kind != Kind.REMINDER:
            return ""
        link = self._unsubscribe(notice.client_id)
        return link if len(link) <= _LONGEST_LINK else ""


def _template(name: str) -> str:
    return (files("notifier_service.email.templates") / name).read_text("utf-8")


def _usable(address: str) -> str:
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise UnusableAddress("the address is not one that mail can be sent to")
    return address


def _name(notice: Notice) -> str:
    """A display name of one line, short enough for its header."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", notice.client_name or "").strip()[:100]


def _encoded(text: str, header: str) -> str:
    """A header's text, folded, and as encoded words (RFC 2047) where it is not ASCII."""
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name=header).encode(linesep="\r\n")


def _quoted(text: str) -> bytes:
    """Quoted-printable (RFC 2045 §6.7), for text of any line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return b2a_qp(lines.encode("utf-8", "replace"), istext=True)
