"""Publishes many messages on a channel in confirm mode with one write and one wait, by the inner names of aiormq 7.2.

aiormq publishes one message at a time. Each message takes the channel's lock, sets a timer, and is written and drained
by itself. That costs several times as much as the message. This module keeps the channel's state as aiormq's
`basic_publish` does: it notes a message's number and future under the lock before it queues the frames, and takes them
back when the frames could not be queued.

`confirms` does the same by aio-pika's documented API.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as AbstractUnderlay
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import ChannelInvalidStateError

from shared.broker.confirms import Confirm
from shared.broker.frames import frames, transient
from shared.broker.publication import Publication
from shared.process.library_internals import Internals

INTERNALS: Final = Internals(
    "aiormq",
    "7.2",
    {
        Channel: (
            "confirmations",
            "create_future",
            "delivery_tag",
            "is_closed",
            "lock",
            "max_content_size",
            "message_id_delivery_tag",
            "number",
            "write_queue",
        ),
        ChannelFrame: ("payload", "should_close"),
    },
    instead="messages are published one by one, by aio-pika",
)


async def publish(channel: AbstractChannel, publications: Sequence[Publication], *, timeout: float) -> list[Confirm]:
    """The fast way to publish; see `confirms.Publish`."""
    underlay = await channel.get_underlay_channel()
    if not isinstance(underlay, Channel):
        raise TypeError(f"no channel of aiormq: {type(underlay).__name__}")
    return await publish_on(underlay, publications, timeout=timeout)


async def publish_on(channel: Channel, publications: Sequence[Publication], *, timeout: float) -> list[Confirm]:
    """Publishes on aiormq's own channel."""
    if not publications:
        return []
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    ended = channel.create_future()  # aiormq sets its exception when the channel ends
    try:
        async with asyncio.timeout_at(deadline):
            first, confirms = await _send(channel, publications)
        ended.add_done_callback(partial(_fail, confirms))
        try:
            await asyncio.wait(confirms, timeout=max(deadline - loop.time(), 0))
        finally:
            for number, (each, confirm) in enumerate(zip(publications, confirms, strict=True), first):
                if not confirm.cancel() and not confirm.cancelled():
                    confirm.exception()  # read, so that asyncio does not log it as forgotten
                _forget(channel, each, number)
    finally:
        ended.cancel()
    return confirms


async def publish_transient(channel: AbstractUnderlay, exchange: str, routing_key: str, kind: str, body: bytes) -> None:
    """Publishes a message of `transient` frames on a channel without confirms. Raises ChannelInvalidStateError when the
    channel has ended."""
    if not isinstance(channel, Channel):
        raise TypeError(f"no channel of aiormq: {type(channel).__name__}")
    if channel.is_closed:
        raise ChannelInvalidStateError(f"{channel!r} closed")
    payload = transient(exchange, routing_key, kind, body, channel.number)
    await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))


def _fail(confirms: Sequence[Confirm], ended: "asyncio.Future[None]") -> None:
    """Gives the end of a channel to the confirms that will not come. aiormq's own future for each message would be kept
    in two sets, and leave them by two more callbacks."""
    if ended.cancelled():
        return
    error = ended.exception()
    for confirm in confirms:
        if error is not None and not confirm.done():
            confirm.set_exception(error)


async def _send(channel: Channel, publications: Sequence[Publication]) -> tuple[int, list[Confirm]]:
    """Returns the number of the first message, and the futures of the confirms."""
    number, most = channel.number, channel.max_content_size
    written = ChannelFrame(payload=b"".join([frames(each, number, most) for each in publications]), should_close=False)
    async with channel.lock:
        first = channel.delivery_tag + 1
        confirms = [_expect(channel, each) for each in publications]
        try:
            await channel.write_queue.put(written)
        except BaseException:
            # the broker has not seen them; it would count the next message as the first of them
            channel.delivery_tag = first - 1
            for number, (each, confirm) in enumerate(zip(publications, confirms, strict=True), first):
                del channel.confirmations[number]
                confirm.cancel()
                _forget(channel, each, number)
            raise
    return first, confirms


def _expect(channel: Channel, publication: Publication) -> Confirm:
    channel.delivery_tag += 1
    confirm: Confirm = asyncio.get_running_loop().create_future()
    channel.confirmations[channel.delivery_tag] = confirm
    channel.message_id_delivery_tag[publication.envelope.message_id] = channel.delivery_tag
    return confirm


def _forget(channel: Channel, publication: Publication, number: int) -> None:
    """Forgets the id by which aiormq finds a returned message, unless a later message has the same id."""
    known, message_id = channel.message_id_delivery_tag, publication.envelope.message_id
    if known.get(message_id) == number:
        del known[message_id]
