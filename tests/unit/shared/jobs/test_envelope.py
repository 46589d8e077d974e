"""The message on the wire."""

from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import EnvelopeError
from shared.jobs import envelope
from shared.jobs.model import Channel, Kind, Ticket

TICKET = Ticket(uuid4(), 3, Kind.REMINDER, uuid4(), datetime(2027, 1, 5, 13, tzinfo=UTC), "request", "00-trace")


def changed(**fields: object) -> bytes:
    return orjson.dumps(orjson.loads(envelope.build(TICKET).body) | fields)


def test_what_is_built_can_be_parsed() -> None:
    built = envelope.build(TICKET)
    assert envelope.parse(built.body, correlation_id="request", traceparent="00-trace") == TICKET
    assert (built.message_id, built.type, built.headers) == (
        str(TICKET.job_id),
        "appointment_reminder",
        {"traceparent": "00-trace"},
    )


def test_a_message_of_email_names_no_channel_and_one_that_names_an_unknown_one_counts_as_email() -> None:
    assert envelope.channel_of(envelope.build(TICKET).headers) is Channel.EMAIL
    for odd in ("pigeon", b"email", 7, None, ["email"]):
        assert envelope.channel_of({"channel": odd}) is Channel.EMAIL


def test_it_carries_ids_and_times_and_nothing_else() -> None:
    fields = {"version", "jobId", "attempt", "kind", "appointmentId", "dueAt"}
    assert set(orjson.loads(envelope.build(TICKET).body)) == fields


def test_unknown_fields_are_ignored() -> None:
    assert envelope.parse(changed(later="added")).job_id == TICKET.job_id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable"),
        (b"\xff", "unreadable"),
        (b"[]", "unreadable"),
        (b"{}", "unknown version"),
        (changed(version=2), "unknown version"),
        (changed(kind="sms"), "unknown kind"),
        (changed(jobId="x"), "unreadable"),
        (changed(jobId=None), "unreadable"),
        (changed(attempt="1"), "unreadable"),
        (changed(attempt=True), "unreadable"),
        (changed(attempt=-1), "unreadable"),
        (changed(attempt=2**31), "unreadable"),
        (changed(dueAt="soon"), "unreadable"),
        (changed(dueAt=5), "unreadable"),
    ],
)
def test_what_is_no_ticket_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(EnvelopeError) as error:
        envelope.parse(body)
    assert error.value.reason == reason


@given(st.binary())
def test_any_bytes_are_a_ticket_or_an_envelope_error(body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelope.parse(body)
