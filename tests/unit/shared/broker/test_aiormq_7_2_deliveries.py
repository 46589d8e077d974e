"""Frames that are read in bulk, against aiormq's own reading; and messages put together from them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, InvalidFrameError, ProtocolSyntaxError
from hypothesis import given
from hypothesis import strategies as st
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic, Channel
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from shared.broker import aiormq_7_2_deliveries as fast
from shared.broker import content
from shared.broker.pamqp_4_0 import take_any_bytes

ITS_OWN: Final = FrameReceiver.get_frame
NAMES: Final = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
PROPERTIES: Final = st.builds(
    Basic.Properties,
    content_type=st.none() | NAMES,
    content_encoding=st.none() | NAMES,
    headers=st.none() | st.dictionaries(NAMES, NAMES | st.integers(-9, 9) | st.lists(st.integers(0, 9)), max_size=3),
    delivery_mode=st.none() | st.integers(1, 2),
    priority=st.none() | st.integers(0, 9),
    correlation_id=st.none() | NAMES,
    reply_to=st.none() | NAMES,
    expiration=st.none() | NAMES,
    message_id=st.none() | NAMES,
    timestamp=st.none() | st.integers(0, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    message_type=st.none() | NAMES,
    user_id=st.none() | NAMES,
    app_id=st.none() | NAMES,
)
FRAMES: Final = st.one_of(
    st.builds(Basic.Deliver, NAMES, st.integers(0, 2**63 - 1), st.booleans(), st.just("notifications"), NAMES),
    st.builds(ContentHeader, st.just(0), st.integers(0, 9), PROPERTIES),
    st.builds(ContentBody, st.binary(min_size=1, max_size=60)),
    st.builds(Basic.Ack, st.integers(0, 2**63 - 1), st.booleans()),
    st.just(Channel.CloseOk()),
)


async def read(pieces: Sequence[bytes], count: int, get_frame: Any) -> list[Any]:
    """What a receiver reads, as values that can be compared."""
    reader = asyncio.StreamReader()
    receiver = FrameReceiver(reader)

    async def feed() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            await asyncio.sleep(0)

    feeding = asyncio.create_task(feed())
    found = [await get_frame(receiver) for _ in range(count)]
    await feeding
    return [(size, channel, type(each), frame.marshal(each, channel)) for size, channel, each in found]


@given(
    st.lists(st.tuples(st.integers(0, 9), FRAMES), min_size=1, max_size=8), st.lists(st.integers(1, 200), max_size=8)
)
def test_frames_in_any_pieces_are_those_that_aiormq_reads(frames: list[tuple[int, Any]], cuts: list[int]) -> None:
    take_any_bytes()  # pamqp's own decoder takes times beyond the year 2106 for milliseconds
    data = b"".join(frame.marshal(each, channel) for channel, each in frames) + Heartbeat().marshal()
    pieces = []
    for cut in [*cuts, len(data)]:
        pieces.append(data[:cut])
        data = data[cut:]
    pieces = [piece for piece in pieces if piece]
    count = len(frames) + 1
    assert asyncio.run(read(pieces, count, fast._get_frame)) == asyncio.run(read(pieces, count, ITS_OWN))


@given(PROPERTIES, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.integers(-9, 9))
def test_spoilt_headers_are_read_as_pamqp_reads_them(
    properties: Basic.Properties, spoilt: list[tuple[int, int]], more: int
) -> None:
    take_any_bytes()
    data = bytearray(ContentHeader(0, 5, properties).marshal())
    data = data[:more] if more < 0 else data + b"x" * more
    for at, byte in spoilt:
        if at < len(data):
            data[at] = byte
    whole = b"\x02\x00\x01" + len(data).to_bytes(4) + bytes(data) + b"\xce"
    found = content.header(whole)
    if found is not None:
        same = frame.unmarshal(whole)[2]
        assert isinstance(same, ContentHeader)
        assert (found.class_id, found.weight, found.body_size) == (same.class_id, same.weight, same.body_size)
        assert repr(values_of(found.properties)) == repr(values_of(same.properties))  # NaN is not NaN


def values_of(properties: Basic.Properties) -> list[Any]:
    return [getattr(properties, name) for name in properties.__slots__]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", StopAsyncIteration),
        (b"\x01\x00", AMQPConnectionError),
        (b"AMQP\x00\x00\x09\x01", ProtocolSyntaxError),
        (b"\x01\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff\xce", InvalidFrameError),
        (b"\x08\x00\x00\x00\x00\x00\x01x\xcd", InvalidFrameError),
    ],
)
@pytest.mark.parametrize("get_frame", [fast._get_frame, ITS_OWN])
async def test_ends_and_garbage_raise_what_aiormq_raises(data: bytes, error: type[Exception], get_frame: Any) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    with pytest.raises(error):
        await get_frame(FrameReceiver(reader))


@given(st.lists(st.lists(st.binary(min_size=1, max_size=9), max_size=3), max_size=5))
def test_messages_go_to_their_consumer_and_other_frames_to_the_channel(bodies: list[list[bytes]]) -> None:
    received: list[bytes] = []
    queue: asyncio.Queue[Any] = asyncio.Queue()
    frames = fast._Frames(queue, lambda _, __, body: received.append(body))

    async def put_all() -> None:
        for parts in bodies:
            header = ContentHeader(0, sum(map(len, parts)), Basic.Properties())
            for each in (Basic.Deliver("a", 1), header, *map(ContentBody, parts), Basic.CancelOk("a")):
                await frames.put((0, each))

    asyncio.run(put_all())
    assert received == [b"".join(parts) for parts in bodies]
    assert [type(queue.get_nowait()[1]) for _ in bodies] == [Basic.CancelOk] * len(bodies)
    assert queue.empty()


async def test_frames_that_are_no_message_are_left_to_aiormq() -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    frames = fast._Frames(queue, lambda *_: pytest.fail("no message"))
    for each in (Basic.Deliver("a", 1), ContentHeader(0, 2, Basic.Properties()), Basic.Ack(1)):
        await frames.put((0, each))
    assert [type(queue.get_nowait()[1]) for _ in range(3)] == [Basic.Deliver, ContentHeader, Basic.Ack]
