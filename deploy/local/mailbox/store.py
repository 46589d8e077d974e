"""Keeps received messages as raw bytes, and parses them only when they are shown."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from functools import cached_property
from itertools import count, islice
from typing import Any, Final

_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")


@dataclass(frozen=True)
class Message:
    """One accepted message with its SMTP envelope."""

    id: str
    received_at: datetime
    sender: str
    recipients: Sequence[str]
    raw: bytes

    @cached_property
    def subject(self) -> str:
        """Read from the head alone."""
        parsed = BytesHeaderParser(policy=default).parsebytes(self.raw)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - the default policy makes nothing else
        return _header(parsed, "Subject")

    def is_about(self, words: str) -> bool:
        """Whether a recipient or the subject has them; `words` are folded."""
        return any(words in text.casefold() for text in (*self.recipients, self.subject))

    def to_json(self) -> dict[str, Any]:
        """The message for the HTTP API. A repeated header is a list."""
        parsed = message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - the default policy makes nothing else
        return {
            "id": self.id,
            "receivedAt": self.received_at.isoformat().replace("+00:00", "Z"),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": _header(parsed, "Subject"),
            "headers": _headers(parsed),
            "text": _body(parsed, "plain"),
            "html": _body(parsed, "html"),
            "attachments": [_attachment(part) for part in parsed.iter_attachments()],
        }


class MessageStore:
    """The newest `keep` messages; older ones are dropped."""

    def __init__(self, keep: int) -> None:
        self._messages: deque[Message] = deque(maxlen=keep)
        self._numbers = count(1)
        self.accepted = 0

    def add(self, sender: str, recipients: Sequence[str], raw: bytes) -> Message:
        message = Message(str(next(self._numbers)), datetime.now(UTC), sender, tuple(recipients), raw)
        self._messages.append(message)
        self.accepted += 1
        return message

    def newest_first(self) -> Iterator[Message]:
        return reversed(self._messages)

    def found(self, words: str, *, most: int, among: int) -> list[Message]:
        """The newest `most` messages whose recipient or subject has these words, among the newest so many."""
        folded = words.casefold()
        return list(islice((each for each in islice(self.newest_first(), among) if each.is_about(folded)), most))

    def get(self, message_id: str) -> Message | None:
        return next((message for message in self._messages if message.id == message_id), None)

    def clear(self) -> None:
        self._messages.clear()

    def __len__(self) -> int:
        return len(self._messages)


def _header(parsed: EmailMessage, name: str) -> str:
    try:
        return str(parsed.get(name, ""))
    except (MessageError, ValueError, IndexError, AttributeError):
        return ""  # the standard parser raises such on some hostile headers


def _headers(parsed: EmailMessage) -> dict[str, str | list[str]]:
    """As they came, each on one line: a line break before a blank is only folding (RFC 5322, section 2.2.3)."""
    headers: dict[str, str | list[str]] = {}
    for name, value in parsed.raw_items():
        shown = _FOLD.sub("", str(value)).lstrip(" \t").encode("utf-8", "replace").decode()
        known = headers.get(name)
        headers[name] = shown if known is None else [*([known] if isinstance(known, str) else known), shown]
    return headers


def _body(parsed: EmailMessage, subtype: str) -> str | None:
    try:
        part = parsed.get_body((subtype,))
        return None if part is None else str(part.get_content())
    except (MessageError, LookupError, ValueError, AttributeError):
        return None  # broken MIME or an unknown charset: the raw message is still there


def _attachment(part: Any) -> dict[str, Any]:
    payload = part.get_payload(decode=True) or b""
    return {"filename": part.get_filename(), "contentType": part.get_content_type(), "size": len(payload)}
