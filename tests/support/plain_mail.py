"""The mail of a notice, built the long way: templates rendered and encoded whole."""

from binascii import b2a_qp
from datetime import datetime
from email.utils import format_datetime
from importlib.resources import files
from typing import Final

import jinja2

from notifier_service.channels.email import headers
from notifier_service.channels.email.wording import Words, words
from notifier_service.channels.notice import Notice

_TEMPLATES: Final = files("notifier_service.channels.email.templates")


def built(notice: Notice, *, sender: str, domain: str, now: datetime, link: str) -> bytes:
    """`sender`: the value of From; `link`: the one to unsubscribe by, where there is to be one."""
    said = words(notice)
    recipient = headers.mailbox("To", (notice.client_name or "")[:100], notice.client_email or "")
    unsubscribe = ("List-Unsubscribe: <{link}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click") if link else ()
    mark = f"=_{notice.job_id.hex}"
    lines = [
        f"From: {sender}",
        f"To: {recipient}",
        f"Subject: {headers.text('Subject', said.subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{notice.job_id}@{domain}>",
        "Auto-Submitted: auto-generated",
        *(line.format(link=link) for line in unsubscribe),
        f"Content-Language: {said.language}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{mark}"',
        "",
        *_part(mark, "plain", _rendered("letter.txt", said, link, html=False)),
        *_part(mark, "html", _rendered("letter.html", said, link, html=True)),
        f"--{mark}--",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _part(mark: str, kind: str, text: str) -> list[str]:
    whole = b2a_qp(f"{text}\n".replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    return [
        f"--{mark}",
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        whole.decode("ascii").removesuffix("\r\n"),
    ]


def _rendered(name: str, said: Words, link: str, *, html: bool) -> str:
    source = (_TEMPLATES / name).read_text("utf-8")
    if not html:
        source = source.replace("{{ value }}", '{{ value | replace("\\n", "\\n  ") }}')
    environment = jinja2.Environment(autoescape=html)  # noqa: S701 - plain text is none
    return environment.from_string(source).render(words=said, link=link, actions={})
