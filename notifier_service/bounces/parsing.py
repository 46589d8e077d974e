"""Reads a mail that came back: a delivery report (RFC 3464), a complaint (RFC 5965), an auto-reply (RFC 3834). Pure.

Only the beginning of a mail is parsed, and only as many parts as reports have. The parser of the standard library is
used with its oldest policy, whose header fields are plain text: nothing in them costs more than reading it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from itertools import islice
from typing import Any, Final

from notifier_service.bounces.metrics import Dropped
from shared.deliveries import DeliveryEvent

PARSED: Final = 64 * 1024
"""Bytes that are looked at. The report stands in front of the mail that it returns. The parser's time for hostile
header fields grows with the square of their length: this much costs it half a second."""
_DEEPEST: Final = 40
"""So many parts of parts at most: each level costs the parser some of its stack."""
_PARTS: Final = 40
_HOPS: Final = 50
"""Received fields. RFC 5321 §6.3 has a loop assumed from 100 on; ours have come from one server."""
_GLOBAL: Final = re.compile(rb"message/global-delivery-status", re.IGNORECASE)
_EVENTS: Final[Mapping[str, DeliveryEvent]] = {"failed": DeliveryEvent.RETURNED, "delayed": DeliveryEvent.DELAYED}


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """`senders`: envelope senders of the mail that the report is about, as the report has them. A sender may put
    any text into each value."""

    event: DeliveryEvent
    status: str
    detail: str
    senders: tuple[str, ...] = ()


def read(content: bytes) -> ReturnedMail | Dropped:
    """The report in a mail, or why there is none."""
    # RFC 6533: the same fields, which the parser would not read as such
    beginning = _GLOBAL.sub(b"message/delivery-status", content[:PARSED])
    if _nesting(beginning) > _DEEPEST:
        return "unreadable"
    mail = message_from_bytes(beginning)
    if len(mail.get_all("Received", [])) > _HOPS:
        return "loop"
    parts = list(islice(mail.walk(), _PARTS))
    for part in islice(_own_parts(mail), _PARTS):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            return _delivery_report(part)
        if kind == "message/feedback-report":
            return _complaint(part, parts)
    return "auto_reply" if _is_automatic(mail) else "no_report"


def _own_parts(mail: "Message[Any, Any]") -> Iterator["Message[Any, Any]"]:
    """Without those of mails inside it: an auto-reply that quotes a report, or a forwarded one, reports nothing."""
    yield mail
    if mail.get_content_maintype() != "message":
        for each in mail.get_payload() if mail.is_multipart() else ():
            if isinstance(each, Message):
                yield from _own_parts(each)


def _nesting(content: bytes) -> int:
    """No fewer than the levels of parts in parts that there can be."""
    lower = content.lower()
    return lower.count(b"multipart/") + lower.count(b"message/")


def _delivery_report(part: "Message[Any, Any]") -> ReturnedMail | Dropped:
    """The worst result of a recipient; our mails have one."""
    blocks = part.get_payload()
    found = [each for each in blocks if isinstance(each, Message)] if isinstance(blocks, list) else []
    for action, event in _EVENTS.items():
        for block in found:
            if _field(block, "Action").lower().split(" ")[0].strip() == action:
                return ReturnedMail(event, _field(block, "Status"), _field(block, "Diagnostic-Code"))
    return "not_failed"


def _complaint(part: "Message[Any, Any]", parts: list["Message[Any, Any]"]) -> ReturnedMail | Dropped:
    """Whose mail it is, the report may say, or the complained mail's own header."""
    inner = part.get_payload()
    fields = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else part
    kind = _field(fields, "Feedback-Type").lower()
    if kind in ("", "not-spam"):
        return "not_failed"
    senders = (_field(fields, "Original-Mail-From"), *(_field(each, "Return-Path") for each in parts))
    return ReturnedMail(DeliveryEvent.COMPLAINED, "", kind, tuple(filter(None, senders)))


def _is_automatic(mail: "Message[Any, Any]") -> bool:
    """RFC 3834 §5, and the header fields of older responders."""
    said = _field(mail, "Auto-Submitted").lower()
    if said and said != "no":
        return True
    if any(_field(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")):
        return True
    return _field(mail, "Precedence").lower() in ("auto_reply", "bulk", "junk")


def _field(message: "Message[Any, Any]", name: str) -> str:
    """The value in one line; "" if it is missing."""
    return " ".join(str(message.get(name, "")).split())


def senders(finding: ReturnedMail, recipient: str) -> Iterator[str]:
    """The addresses that may bear a token of ours, the likeliest first."""
    yield recipient
    yield from finding.senders
