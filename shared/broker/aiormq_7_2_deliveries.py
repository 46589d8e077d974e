"""Receives and acks messages in bulk, by the inner names of aiormq 7.2.

aiormq reads a frame in three steps under a lock, passes each of a message's three frames through a queue, and starts a
task for the message; each ack is a frame that is queued and written by itself. Here one read takes all frames that have
come, a message goes straight to its consumer, and the acks of one moment are one write.

`subscription` does the same by aiormq's documented methods.
"""

import asyncio
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Final

import pamqp.frame
from aiormq.abc import AbstractChannel, ChannelFrame
from aiormq.channel import Channel
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, ChannelInvalidStateError, InvalidFrameError, ProtocolSyntaxError
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.exceptions import PAMQPException
from pamqp.header import ContentHeader

from shared.broker import content
from shared.broker.pamqp_4_0 import short_string
from shared.process.library_internals import Internals

INTERNALS: Final = Internals(
    "aiormq",
    "7.2",
    {
        Channel: ("frames", "is_closed", "number", "write_queue"),
        FrameReceiver: ("get_frame", "reader", "started"),
    },
    instead="messages are received and acked one by one",
)
Receive = Callable[[Basic.Deliver, Basic.Properties, bytes], None]
"""Takes a message: how it was delivered, its properties, its body. Must neither wait nor raise."""
_MOST: Final = 256 * 1024
"""Bytes of one read."""
_HEAD: Final = Struct(">BHI")
_METHOD: Final = 1
_DELIVER: Final = b"\x00\x3c\x00\x3c"
_ACK: Final = Struct(">BHIHHQBB")
_ACK_SIZE: Final = 13


def read_in_bulk() -> None:
    """Replaces the reading of frames in the whole process. Call it before anything is consumed; a second call changes
    nothing."""
    FrameReceiver.get_frame = _get_frame  # type: ignore[method-assign]


async def _get_frame(self: FrameReceiver) -> tuple[int, int, Any]:
    """The size, channel and content of the next frame, as aiormq's own method; those that have come with it wait in
    memory. Raises AMQPConnectionError when the connection has ended."""
    rest: bytearray = self.__dict__.setdefault("unread", bytearray())
    while (size := _size_of_frame(rest)) is None:
        if not rest and self.reader.at_eof():
            raise StopAsyncIteration
        try:
            came = await self.reader.read(_MOST)
        except OSError as error:
            raise AMQPConnectionError(f"Server connection error: {error!r}") from error
        if not came:
            raise AMQPConnectionError(f"Server connection unexpectedly closed. Read {len(rest)} bytes of a frame")
        rest += came
        if not self.started and rest.startswith(b"AMQP"):  # the broker's answer to a client of another version
            raise ProtocolSyntaxError("Unexpected AMQP protocol header")
    self.started = True
    frame = bytes(rest[:size])
    del rest[:size]
    try:
        known = _known(frame)
        if known is not None:
            return size, int(_HEAD.unpack_from(frame)[1]), known
        return pamqp.frame.unmarshal(frame)
    except PAMQPException as error:
        raise InvalidFrameError(str(error)) from error


def _size_of_frame(data: bytearray) -> int | None:
    """The size of the first frame, with its head and end; None while it is not whole."""
    if len(data) < _HEAD.size:
        return None
    size = _HEAD.size + int(_HEAD.unpack_from(data)[2]) + 1
    return size if len(data) >= size else None


def _known(frame: bytes) -> Any:
    """The content of a frame of a message, as most frames are; None for others."""
    match frame[0]:
        case 1 if frame.startswith(_DELIVER, _HEAD.size):
            return _deliver(frame)
        case 2:
            return content.header(frame)
        case 3:
            return content.body(frame)
        case _:
            return None


def _deliver(frame: bytes) -> Basic.Deliver:
    """pamqp looks up the type of each field anew."""
    found = Basic.Deliver()
    at = _HEAD.size + len(_DELIVER)
    used, found.consumer_tag = short_string(frame[at:])
    at += used
    found.delivery_tag = int.from_bytes(frame[at : at + 8])
    found.redelivered = bool(frame[at + 8] & 1)
    used, found.exchange = short_string(frame[at + 9 :])
    found.routing_key = short_string(frame[at + 9 + used :])[1]
    return found


def deliver_to(channel: AbstractChannel, receive: Receive) -> None:
    """Gives the messages of this channel straight to `receive`; all its other frames go on as before."""
    channel.frames = _Frames(channel.frames, receive)  # type: ignore[assignment]


class _Frames:
    """Stands for the queue between a connection and its channel, and puts the frames of a message together."""

    def __init__(self, queue: "asyncio.Queue[Any]", receive: Receive) -> None:
        self._receive = receive
        self._queue = queue
        self.get, self.task_done = queue.get, queue.task_done
        self._message: list[Any] = []  # the frames of the message that is not whole yet
        self._missing = 0  # bytes of its body

    async def put(self, item: tuple[int, Any]) -> None:
        frame: Any = item[1]
        if not self._message:
            if type(frame) is Basic.Deliver:
                self._message = [frame]
            else:
                await self._queue.put(item)
            return
        match frame:
            case ContentHeader() if len(self._message) == 1:
                self._missing = frame.body_size
            case ContentBody() if len(self._message) > 1:
                self._missing -= len(frame.value)
            case _:
                await self._give_up(item)
                return
        self._message.append(frame)
        if self._missing <= 0:
            deliver, header, *bodies = self._message
            self._message = []
            self._receive(deliver, header.properties, b"".join(each.value for each in bodies))

    async def _give_up(self, item: tuple[int, Any]) -> None:
        """Leaves frames that are no message to aiormq, which ends the channel."""
        frames, self._message = self._message, []
        for frame in frames:
            await self._queue.put((0, frame))
        await self._queue.put(item)


async def ack(channel: AbstractChannel, acks: Sequence[tuple[int, bool]]) -> None:
    """Writes all acks, pairs of tag and `multiple`, at once. Raises ChannelInvalidStateError when the channel has
    ended."""
    if not isinstance(channel, Channel):
        raise TypeError(f"no channel of aiormq: {type(channel).__name__}")
    if channel.is_closed:
        raise ChannelInvalidStateError(f"{channel!r} closed")
    number = channel.number
    frames = [_ACK.pack(_METHOD, number, _ACK_SIZE, 60, 80, tag, multiple, 0xCE) for tag, multiple in acks]
    await channel.write_queue.put(ChannelFrame(payload=b"".join(frames), should_close=False))
