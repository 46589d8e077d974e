"""Publishes many messages on a channel in confirm mode with one write and one wait, by the inner names of aiormq 7.2.

aiormq publishes one message at a time: each has a task of its own here, takes the channel's lock, sets a timer, and is
written and drained by itself, which costs several times what the message does. So this keeps the channel's books as its
`basic_publish` does: a message's number and future are noted under the lock before its frames are queued, and taken
back when they could not be. `confirms` does the same by aio-pika's own API.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from aio_pika.abc import AbstractChannel
from aiormq.abc import ChannelFrame, FrameType
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from shared.broker.confirms import Confirm, Message
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


async def publish(channel: AbstractChannel, messages: Sequence[Message], *, timeout: float) -> list[Confirm]:
    """The fast way; see `confirms.Publish`."""
    underlay = await channel.get_underlay_channel()
    if not isinstance(underlay, Channel):
        raise TypeError(f"no channel of aiormq: {type(underlay).__name__}")
    return await publish_on(underlay, messages, timeout=timeout)


async def publish_on(channel: Channel, messages: Sequence[Message], *, timeout: float) -> list[Confirm]:
    """The same on aiormq's own channel."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    async with asyncio.timeout_at(deadline):
        first, confirms = await _send(channel, messages)
    try:
        await asyncio.wait(confirms, timeout=max(deadline - loop.time(), 0))
    finally:
        for number, (message, confirm) in enumerate(zip(messages, confirms, strict=True), first):
            confirm.cancel()  # no effect on what is settled
            _forget(channel, message, number)
    return confirms


async def _send(channel: Channel, messages: Sequence[Message]) -> tuple[int, list[Confirm]]:
    """The first message's number, and the confirms to come."""
    frames = [frame for message in messages for frame in _frames(message, channel.max_content_size)]
    written = ChannelFrame.marshall(channel.number, frames)
    async with channel.lock:
        first = channel.delivery_tag + 1
        confirms = [_expect(channel, message) for message in messages]
        try:
            await channel.write_queue.put(written)
        except BaseException:
            # the broker has not seen them, and would count the next message as the first of them
            channel.delivery_tag = first - 1
            for number, (message, confirm) in enumerate(zip(messages, confirms, strict=True), first):
                del channel.confirmations[number]
                confirm.cancel()
                _forget(channel, message, number)
            raise
    return first, confirms


def _expect(channel: Channel, message: Message) -> Confirm:
    channel.delivery_tag += 1
    confirm: Confirm = channel.create_future()  # the end of the channel is told to it
    channel.confirmations[channel.delivery_tag] = confirm
    channel.message_id_delivery_tag[_id_of(message)] = channel.delivery_tag
    return confirm


def _forget(channel: Channel, message: Message, number: int) -> None:
    """A message that is returned is known by its id, unless a later one has taken that."""
    if channel.message_id_delivery_tag.get(_id_of(message)) == number:
        del channel.message_id_delivery_tag[_id_of(message)]


def _id_of(message: Message) -> str:
    return str(message.properties.message_id)


def _frames(message: Message, most: int) -> list[FrameType | ContentBody]:
    """`most`: bytes that one frame of the body may have."""
    size = len(message.body)
    parts = [ContentBody(message.body[at : at + most]) for at in range(0, size, most)]
    return [message.head, ContentHeader(properties=message.properties, body_size=size), *parts]
