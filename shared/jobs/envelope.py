"""The message on the wire: a ticket, good for one claim, without personal data. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from shared.errors import EnvelopeError
from shared.jobs.model import CHANNELS_BY_NAME, KINDS, Channel, Ticket
from shared.safe_text import storable

VERSION: Final = 1
_CHANNEL: Final = "channel"
"""The header that names the channel of a job, unless it is e-mail."""
CONTENT_TYPE: Final = "application/json"
PERSISTENT: Final = 2
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHOWN: Final = 100


class Envelope(NamedTuple):
    """A message before it is published: AMQP properties and body."""

    body: bytes
    message_id: str
    type: str
    correlation_id: str | None
    headers: dict[str, Any]


def build(ticket: Ticket) -> Envelope:
    """The envelope of a ticket (docs/asyncapi.yaml describes it)."""
    job_id, kind = str(ticket.job_id), str(ticket.kind)
    return Envelope(
        body=orjson.dumps(
            {
                "version": VERSION,
                "jobId": job_id,
                "attempt": ticket.attempt,
                "kind": kind,
                "appointmentId": str(ticket.appointment_id),
                "dueAt": _instant(ticket.due_at),
            }
        ),
        message_id=job_id,
        type=kind,
        correlation_id=ticket.request_id,
        headers=_headers(ticket),
    )


def channel_of(headers: Mapping[str, object]) -> Channel:
    """The channel in a message's headers; e-mail if they name no known one. Only a hint, by which a worker chooses its
    next messages: the row decides."""
    name = headers.get(_CHANNEL)
    return CHANNELS_BY_NAME.get(name, Channel.EMAIL) if isinstance(name, str) else Channel.EMAIL


def _headers(ticket: Ticket) -> dict[str, Any]:
    headers: dict[str, Any] = {} if ticket.traceparent is None else {"traceparent": ticket.traceparent}
    if ticket.channel is not Channel.EMAIL:
        headers[_CHANNEL] = str(ticket.channel)
    return headers


def parse(
    body: bytes,
    *,
    correlation_id: str | None = None,
    traceparent: str | None = None,
    channel: Channel = Channel.EMAIL,
) -> Ticket:
    """The ticket in a message body; unknown fields are ignored.

    Raises EnvelopeError, with the `reason` "unreadable", "unknown version" or "unknown kind".
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EnvelopeError("unreadable", f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise EnvelopeError("unreadable", "not a JSON object")
    version = fields.get("version")
    if type(version) is not int or version != VERSION:
        raise EnvelopeError("unknown version", f"version is {_shown(version)}, not {VERSION}")
    job_id, attempt, kind = _id(fields, "jobId"), _attempt(fields), _text(fields, "kind")
    appointment_id, due_at = _id(fields, "appointmentId"), _moment(fields, "dueAt")
    if kind not in KINDS:
        raise EnvelopeError("unknown kind", _shown(kind))
    return Ticket(
        job_id=job_id,
        attempt=attempt,
        kind=KINDS[kind],
        appointment_id=appointment_id,
        due_at=due_at,
        request_id=correlation_id,
        traceparent=traceparent,
        channel=channel,
    )


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise EnvelopeError("unreadable", f"{name} is missing")
    if not isinstance(value, str):
        raise EnvelopeError("unreadable", f"{name} is not text but {_shown(value)}")
    return value


def _id(fields: Mapping[str, object], name: str) -> UUID:
    text = _text(fields, name)
    if not _UUID.fullmatch(text):
        raise EnvelopeError("unreadable", f"{name} is not a UUID but {_shown(text)}")
    return UUID(text)


def _attempt(fields: Mapping[str, object]) -> int:
    if fields.get("attempt") is None:
        raise EnvelopeError("unreadable", "attempt is missing")
    value = fields["attempt"]
    if type(value) is not int or not 0 <= value < 2**31:
        raise EnvelopeError("unreadable", f"attempt is not a whole number from 0 on but {_shown(value)}")
    return value


def _moment(fields: Mapping[str, object], name: str) -> datetime:
    text = _text(fields, name)
    try:
        # fromisoformat ignores a NUL at the end
        moment = datetime.fromisoformat(text) if text.isascii() and text.isprintable() else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise EnvelopeError("unreadable", f"{name} is not an instant with its offset but {_shown(text)}")
    return moment


def _shown(value: object) -> str:
    """An excerpt for people: short, and storable."""
    match value:
        case None:
            return "missing"
        case str():
            return repr(storable(value, longest=_SHOWN))
        case dict() | list():
            return "an object" if isinstance(value, dict) else "a list"
        case _:
            return storable(str(value), longest=_SHOWN)


def _instant(moment: datetime) -> str:
    """RFC 3339 in UTC, with its microseconds."""
    return f"{moment.astimezone(UTC).isoformat()[:-6]}Z"  # without +00:00
