"""The frames of a message are those that pamqp would write."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.broker.frames import frames, transient
from shared.broker.publication import Publication
from shared.jobs.envelope import Envelope

CHANNELS = some.integers(1, 2047)
NAMES = some.text(max_size=60)
HEADERS = some.dictionaries(
    some.text(max_size=30), some.text(max_size=200) | some.integers(-(2**62), 2**62), max_size=3
)


def parts(written: bytes) -> list[tuple[int, object]]:
    """The frames in these bytes, each with its channel."""
    found: list[tuple[int, object]] = []
    while written:
        used, channel, part = frame.unmarshal(written)
        found.append((channel, part))
        written = written[used:]
    return found


def properties(header: object) -> Mapping[str, object]:
    assert isinstance(header, ContentHeader)
    return {name: value for name, value in header.properties if value is not None and name != "cluster_id"}


@given(
    channel=CHANNELS,
    exchange=some.sampled_from(["", "notifications", "notifications.delayed"]),
    key=NAMES,
    mandatory=some.booleans(),
    message_id=NAMES,
    kind=NAMES,
    correlation=some.none() | NAMES,
    headers=HEADERS,
    delay=some.none() | some.integers(1, 2**32 - 1),
    body=some.binary(max_size=100),
    most=some.integers(1, 120),
)
def test_a_reader_finds_all_that_was_given(
    channel: int,
    exchange: str,
    key: str,
    mandatory: bool,
    message_id: str,
    kind: str,
    correlation: str | None,
    headers: dict[str, str | int],
    delay: int | None,
    body: bytes,
    most: int,
) -> None:
    more = {} if delay is None else {"x-delay": delay}
    envelope = Envelope(body, message_id, kind, correlation, headers)
    found = parts(frames(Publication(exchange, key, envelope, mandatory, more), channel, most))
    assert {channel for channel, _ in found} == {channel}
    [publish, header, *bodies] = (part for _, part in found)
    assert isinstance(publish, Basic.Publish) and isinstance(header, ContentHeader)
    assert (publish.exchange, publish.routing_key) == (exchange, key)
    assert (publish.mandatory, publish.immediate) == (mandatory, False)
    assert header.body_size == len(body)
    assert properties(header) == {
        "content_type": "application/json",
        "delivery_mode": 2,
        "headers": {**headers, **more},
        "message_id": message_id,
        "message_type": kind,
        **({} if correlation is None else {"correlation_id": correlation}),
    }
    values = [part.value for part in bodies if isinstance(part, ContentBody)]
    assert b"".join(values) == body and len(values) == len(bodies)
    assert all(0 < len(value) <= most for value in values)


@pytest.mark.parametrize("name", ["message_id", "type", "correlation_id"])
def test_a_text_that_is_too_long_for_amqp_is_refused(name: str) -> None:
    texts = {"message_id": "1", "type": "kind", "correlation_id": "2"} | {name: "ä" * 128}
    with pytest.raises(ValueError, match="255 bytes"):
        frames(Publication("", "", Envelope(b"", headers={}, **texts)), 1, 100)


@given(channel=CHANNELS, key=NAMES, body=some.binary(min_size=1, max_size=100))
def test_a_transient_message_has_what_was_given(channel: int, key: str, body: bytes) -> None:
    written = parts(transient("notifications.live", key, "notifications_changed", body, channel))
    assert [number for number, _ in written] == [channel] * 3
    method, header, content = (part for _, part in written)
    assert isinstance(method, Basic.Publish)
    assert (method.exchange, method.routing_key, method.mandatory) == ("notifications.live", key, False)
    assert properties(header) == {
        "content_type": "application/json",
        "delivery_mode": 1,
        "message_type": "notifications_changed",
    }
    assert isinstance(header, ContentHeader)
    assert isinstance(content, ContentBody)
    assert (header.body_size, content.value) == (len(body), body)


def test_a_routing_key_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        transient("notifications.live", "k" * 256, "notifications_changed", b"{}", 1)
