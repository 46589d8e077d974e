"""The message on the wire: a ticket, good for one claim, without personal data. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from shared.errors import EnvelopeError
from shared.jobs import Kind, Ticket

VERSION: Final = 1
_KINDS: Final = frozenset(Kind)
CONTENT_TYPE: Final = "application/json"
PERSISTENT: Final = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message before it is published: AMQP properties and body."""

    body: bytes
    message_id: str
    type: str
    correlation_id: str | None
    headers: dict[str, Any]


def build(ticket: Ticket) -> Envelope:
    """The envelope of a ticket (described in docs/asyncapi.yaml)."""
    return Envelope(
        body=orjson.dumps(
            {
                "version": VERSION,
                "jobId": str(ticket.job_id),
                "attempt": ticket.attempt,
                "kind": str(ticket.kind),
                "appointmentId": str(ticket.appointment_id),
                "dueAt": _instant(ticket.due_at),
            }
        ),
        message_id=str(ticket.job_id),
        type=str(ticket.kind),
        correlation_id=ticket.request_id,
        headers={} if ticket.traceparent is None else {"traceparent": ticket.traceparent},
    )


def parse(body: bytes, *, correlation_id: str | None = None, traceparent: str | None = None) -> Ticket:
    """The ticket in a message body; unknown fields are ignored.

    Raises EnvelopeError whose `reason` is "unreadable", "unknown version" or "unknown kind".
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EnvelopeError("unreadable", f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise EnvelopeError("unreadable", "not a JSON object")
    if fields.get("version") != VERSION:
        raise EnvelopeError("unknown version", f"version is {fields.get('version')!r}, not {VERSION}")
    try:
        ticket = Ticket(
            job_id=UUID(fields["jobId"]),
            attempt=_attempt(fields["attempt"]),
            kind=str(fields["kind"]),
            appointment_id=UUID(fields["appointmentId"]),
            due_at=datetime.fromisoformat(fields["dueAt"]),
            request_id=correlation_id,
            traceparent=traceparent,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise EnvelopeError("unreadable", f"{type(error).__name__}: {error}") from error
    if ticket.kind not in _KINDS:
        raise EnvelopeError("unknown kind", ticket.kind)
    return ticket


def _attempt(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError(f"attempt is {value!r}")
    return value


def _instant(moment: datetime) -> str:
    """RFC 3339 in UTC, microseconds kept."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
