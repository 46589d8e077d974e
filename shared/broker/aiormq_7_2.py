"""Publishes many messages on a channel in confirm mode with one write and one wait, by the inner names of aiormq 7.2.

aiormq publishes one message at a time. Each message takes the channel's lock, sets a timer, and is written and drained
by itself. That costs several times as much as the message. This module keeps the channel's state as aiormq's
`basic_publish` does: it notes a message's number and future under the lock before it queues the frames, and takes them
back when the frames could not be queued.

`confirms` does the same by aio-pika's documented API.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from aio_pika.abc import AbstractChannel
from aiormq.abc import ChannelFrame, FrameType
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from shared.broker.confirms import Confirm, OutgoingMessage
from shared.process.library_internals import Internals

INTERNALS: Final = Internals(
    "aiormq",
    "7.2",
    {
        Channel: (
            "confirmations",
            "create_future",
            "delivery_tag",
            "lock",
            "max_content_size",
            "message_id_delivery_tag",
            "number",
            "write_queue",
        ),
        ChannelFrame: ("marshall",),
    },
    instead="messages are published one by one, by aio-pika",
)


async def publish(channel: AbstractChannel, messages: Sequence[OutgoingMessage], *, timeout: float) -> list[Confirm]:
    """The fast way to publish; see `confirms.Publish`."""
    underlay = await channel.get_underlay_channel()
    if not isinstance(underlay, Channel):
        raise TypeError(f"no channel of aiormq: {type(underlay).__name__}")
    return await publish_on(underlay, messages, timeout=timeout)


async def publish_on(channel: Channel, messages: Sequence[OutgoingMessage], *, timeout: float) -> list[Confirm]:
    """Publishes on aiormq's own channel."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    async with asyncio.timeout_at(deadline):
        first, confirms = await _send(channel, messages)
    try:
        await asyncio.wait(confirms, timeout=max(deadline - loop.time(), 0))
    finally:
        for number, (message, confirm) in enumerate(zip(messages, confirms, strict=True), first):
            confirm.cancel()  # changes no future that is settled
            _forget(channel, message, number)
    return confirms


async def _send(channel: Channel, messages: Sequence[OutgoingMessage]) -> tuple[int, list[Confirm]]:
    """Returns the number of the first message, and the futures of the confirms."""
    frames = [frame for message in messages for frame in _frames(message, channel.max_content_size)]
    written = ChannelFrame.marshall(channel.number, frames)
    async with channel.lock:
        first = channel.delivery_tag + 1
        confirms = [_expect(channel, message) for message in messages]
        try:
            await channel.write_queue.put(written)
        except BaseException:
            # the broker has not seen them; it would count the next message as the first of them
            channel.delivery_tag = first - 1
            for number, (message, confirm) in enumerate(zip(messages, confirms, strict=True), first):
                del channel.confirmations[number]
                confirm.cancel()
                _forget(channel, message, number)
            raise
    return first, confirms


def _expect(channel: Channel, message: OutgoingMessage) -> Confirm:
    channel.delivery_tag += 1
    confirm: Confirm = channel.create_future()  # aiormq tells the futures when the channel ends
    channel.confirmations[channel.delivery_tag] = confirm
    channel.message_id_delivery_tag[_id_of(message)] = channel.delivery_tag
    return confirm


def _forget(channel: Channel, message: OutgoingMessage, number: int) -> None:
    """Finds a returned message by its id, unless a later message has the same id."""
    if channel.message_id_delivery_tag.get(_id_of(message)) == number:
        del channel.message_id_delivery_tag[_id_of(message)]


def _id_of(message: OutgoingMessage) -> str:
    return str(message.properties.message_id)


def _frames(message: OutgoingMessage, most: int) -> list[FrameType | ContentBody]:
    """`most`: the largest number of bytes in one frame of the body."""
    size = len(message.body)
    parts = [ContentBody(message.body[at : at + most]) for at in range(0, size, most)]
    return [message.head, ContentHeader(properties=message.properties, body_size=size), *parts]
